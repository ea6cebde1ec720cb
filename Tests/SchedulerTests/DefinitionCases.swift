/// Snippets of definitions: the keys of one step `a`, or of the top level.
enum DefinitionCases {
    static let allKeys = [
        "uses", "with", "run", "shell", "capture", "sleep", "until", "wait", "workflow", "steps", "set",
        "switch", "fail", "id", "description", "needs", "when", "foreach", "items", "as", "max_concurrency",
        "tolerate", "repeat", "max", "retry", "attempts", "backoff", "delay", "factor", "max_delay", "jitter",
        "within", "on", "except", "escalate", "timeout", "queue_timeout", "heartbeat", "grace", "limits",
        "memory", "cpu_time", "cpus", "processes", "open_files", "file_size", "disk", "output", "network",
        "isolation", "require", "compensate", "catch", "on_error", "queue", "priority", "concurrency",
        "rate", "idempotency_key", "secrets", "env", "pin", "name", "labels", "input", "defaults", "always",
        "on_failure", "on_conflict", "signal", "default", "type", "message", "per", "key", "limit",
    ]

    static let body = "steps:\n  - id: a\n    uses: p/act\n"

    static let valid = [
        "uses: p/act",
        "uses: p/act@1\nwith: { n: 1, list: [\"${ input.x }\"], text: \"n ${ input.n }\" }",
        "uses: p/act@1.4.0-rc1",
        "run: echo hi",
        "run: true",
        "run: |\n  echo \"${HOME}\"\nwith: \"${ input }\"",
        "run: echo\nshell: bash\ncapture: json",
        "run: print(1)\nshell: python3\ncapture: lines",
        "run: x\nshell: node\ncapture: none",
        "run: x\nshell: [perl, -w]\ncapture: text",
        "sleep: 10m",
        "sleep: \"${ input.delay }\"",
        "until: 2030-01-31T09:00:00Z",
        "until: \"${ input.at }\"",
        "wait: { signal: approval, timeout: 2d, default: { approved: false } }",
        "wait: { signal: \"order-${ input.id }\" }",
        "workflow: child\nwith: { x: 1 }\npriority: 5\ntimeout: 1h",
        "workflow: child@3",
        "steps:\n  - id: b\n    set: 1\noutput: \"${ steps.b.output }\"\ntimeout: 5m",
        "set: { any: [1, two, null, \"${ input.x }\"] }",
        "set:",
        "switch:\n  - when: \"${ input.x > 1 }\"\n    steps: [{ id: b, set: 1 }]\n"
            + "  - steps: [{ id: c, set: 2 }]",
        "fail: { type: NotFound, message: \"no ${ input.x }\" }",
        "fail: { type: NotFound }",
        "description: Says hello.\nset: 1\nneeds: []\nwhen: \"${ input.x }\"",
        "set: 1\nwhen: false",
        "foreach: { items: \"${ input.list }\", as: parcel, max_concurrency: 4, tolerate: 10% }\n"
            + "set: \"${ parcel & parcel_index }\"",
        "foreach: { items: [1, 2], tolerate: 3 }\nuses: p/act\nidempotency_key: \"k-${ index }\"",
        "foreach: { items: [1] }\nsteps: [{ id: b, uses: p/act, idempotency_key: \"${ item.id }\" }]",
        "repeat: { until: \"${ output.done and round > 2 }\", delay: 5s, max: 10 }\nuses: p/act\n"
            + "with: { n: \"${ round }\", last: \"${ output }\" }",
        "repeat: { until: \"${ error.type = 'X' or with.n > 1 }\" }\nuses: p/act\n"
            + "idempotency_key: \"${ round }\"",
        "uses: p/act\nretry: { attempts: 5, backoff: exponential, delay: 1s, factor: 1.5, max_delay: 1m, "
            + "jitter: equal, within: 1h, on: [A, B.c, \"*\"], except: [WorkerLost], "
            + "escalate: { OutOfMemory: { memory: x2, max: 4GiB } } }",
        "uses: p/act\nretry: { backoff: linear, jitter: none, delay: 0s }",
        "uses: p/act\nretry: { backoff: constant, jitter: full }",
        "uses: p/act\ntimeout: PT30S\nqueue_timeout: 5m\nheartbeat: 15s\ngrace: 0s",
        "uses: p/act\nlimits: { memory: 256MiB, cpu_time: 10s, cpus: 0.5, processes: 32, open_files: 64, "
            + "file_size: 1GiB, disk: 2GiB, output: 64MiB, network: none, isolation: strict }\n"
            + "require: [memory, cpu_time]",
        "uses: p/act\nlimits: { network: host, isolation: standard }",
        "uses: p/act\ncompensate:\n  uses: p/undo\n  with: { id: \"${ output.id }\", was: \"${ with.x }\" }\n"
            + "  retry: { attempts: 9 }\n  timeout: 1m",
        "set: 1\ncompensate: { steps: [{ id: b, run: echo, with: { o: \"${ output }\" } }] }",
        "uses: p/act\ncatch:\n  - on: [CardDeclined]\n    output: { was: \"${ error.message }\" }\n"
            + "  - uses: p/other\n    with: { e: \"${ error }\", w: \"${ with }\" }\n    output: 1\n"
            + "    compensate: { run: echo }",
        "uses: p/act\ncatch: [{ fail: { type: Wrapped, message: \"${ error.message }\" } }]",
        "uses: p/act\non_error: continue",
        "uses: p/act\nqueue: gpu\npriority: -100",
        "uses: p/act\nqueue: \"q-${ input.region }\"\npriority: \"${ input.p }\"",
        "uses: p/act\nconcurrency: { key: \"acct-${ input.a }\", limit: 2 }",
        "uses: p/act\nrate: { key: api, limit: 100, per: 1m }",
        "uses: p/act\nidempotency_key: \"order-${ input.id }\"",
        "uses: p/act\nsecrets: [stripe_key, API.TOKEN]",
        "uses: p/act\nenv: { _A: x, B: \"${ input.b }\", C: 3, D: { e: [1] } }",
        "uses: p/act\npin: true",
    ]

    static let validTop = [
        "name: order-fulfilment-2",
        "name: n\ndescription: text\nlabels: { team: shop, tier: \"1\" }",
        "name: n\ninput: { type: object, required: [x], properties: { x: { type: integer, default: 1 } } }",
        "name: n\ntimeout: 1h\non_failure: stop",
        "name: n\non_failure: compensate",
        "name: n\ndefaults:\n  retry: { attempts: 3 }\n  timeout: 30s\n  queue: default\n  priority: 3\n"
            + "  queue_timeout: 1m\n  heartbeat: 5s\n  grace: 1s\n  limits: { memory: 1GiB }\n"
            + "  require: [memory]\n"
            + "  secrets: [a]\n  env: { X: \"${ input.x }\" }\n  pin: false\n"
            + "  concurrency: { key: k, limit: 1 }\n  rate: { key: k, limit: 1, per: 1s }",
        "name: n\noutput: { x: \"${ steps.a.output }\", r: \"${ run.id }\" }",
        "name: n\nalways: [{ id: z, set: \"${ [run.status, run.error, steps.a.status] }\" }]",
        "name: n\nconcurrency: { key: \"${ input.customer }\", limit: 1, on_conflict: reject }",
        "name: n\nconcurrency: { key: k, limit: 3, on_conflict: replace }",
        "name: n\nconcurrency: { key: k, limit: 3, on_conflict: queue }",
    ]
}
