"""The workflows that the browser tests run."""

GREETING = """
name: greeting
description: Says hello, for the form.
input:
  type: object
  required: [name, number]
  properties:
    name: { type: string, title: Name }
    number: { type: integer, minimum: 0 }
    loud: { type: boolean, default: false }
    tone: { enum: [warm, cool] }
    words: { type: array, items: { type: string } }
steps:
  - id: greet
    run: printf '\\033[31mred\\033[0m and plain\\n' >&2; echo "hello"
output: { number: "${ input.number }" }
"""

PATIENT = """
name: patient
steps:
  - { id: first, run: echo 1 }
  - { id: rest, sleep: 2s }
  - { id: last, run: echo done }
"""

LONG = """
name: long
steps:
  - { id: first, run: echo 1 }
  - { id: rest, sleep: 1h }
  - { id: last, run: echo done }
"""

SLOW = """
name: slow
steps:
  - id: hangs
    retry: { attempts: 1 }
    run: sleep 600
"""

SIGNALLED = """
name: signalled
steps:
  - id: approval
    wait: { signal: approve }
  - { id: go, run: echo approved }
"""

FAILING = """
name: failing
steps:
  - id: breaks
    retry: { attempts: 3, delay: 100ms, backoff: constant }
    run: echo "disk is full" >&2; exit 7
"""

TOGGLED = """
name: toggled
input: { type: object, properties: { file: { type: string } } }
steps:
  - id: looks
    retry: { attempts: 1 }
    with: { file: "${ input.file }" }
    run: test -e "$(jq -r .file)" && echo found
"""

HOSTILE = """
name: hostile
steps:
  - id: shouts
    retry: { attempts: 1 }
    run: |
      printf '<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\\n' >&2
      printf 'bidi \\342\\200\\256 evil\\n' >&2
      head -c 3000000 /dev/zero | tr '\\000' x >&2
      echo >&2
      printf '\\033[2J\\033]0;title\\007\\033[31mred\\n' >&2
      exit 3
  - id: never
    run: echo
"""

WIDE = """
name: wide
steps:
  - id: many
    foreach: { items: "${ [1..5000] }", max_concurrency: 500 }
    set: "${ item }"
"""

TALKATIVE = """
name: talkative
input: { type: object, properties: { stop: { type: string } } }
steps:
  - { id: before, run: echo 1 }
  - id: talks
    with: { stop: "${ input.stop }" }
    retry: { attempts: 1 }
    run: |
      stop=$(jq -r .stop); n=0
      while [ ! -e "$stop" ]; do n=$((n + 1)); echo "line $n" >&2; sleep 0.02; done
  - { id: after, run: echo done }
"""

ALL = [GREETING, PATIENT, LONG, SLOW, SIGNALLED, FAILING, TOGGLED, HOSTILE, WIDE, TALKATIVE]
