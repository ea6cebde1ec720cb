/// The programs of new plugins: each reads a name and greets it.
enum PluginSources {
    static func text(of language: PluginLanguage) -> String {
        switch language {
        case .sh: sh
        case .python: python
        case .node: node
        case .swift: swift
        case .c: c
        case .perl: perl
        }
    }

    private static let sh = #"""
        #!/bin/sh
        # Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout.
        set -eu

        name=$(tr -d '\n' | sed -n 's/.*"name"[[:space:]]*:[[:space:]]*"\([^"\\]*\)".*/\1/p')
        if [ -z "$name" ]; then
            echo '{"type":"NoName","message":"the input has no name","retryable":false}'
            exit 65
        fi
        echo "greeting $name" >&2
        printf '{"greeting":"Hello, %s!"}\n' "$name"

        """#

    private static let python = #"""
        #!/usr/bin/env python3
        """Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout."""
        import json
        import sys

        try:
            name = json.load(sys.stdin)["name"]
        except (ValueError, KeyError, TypeError) as error:
            message = f"the input has no name: {error}"
            print(json.dumps({"type": "NoName", "message": message, "retryable": False}))
            sys.exit(65)
        print(f"greeting {name}", file=sys.stderr)
        print(json.dumps({"greeting": f"Hello, {name}!"}))

        """#

    private static let node = #"""
        #!/usr/bin/env node
        // Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout.
        import { readFileSync } from "node:fs";

        let input;
        try {
          input = JSON.parse(readFileSync(0, "utf8"));
        } catch (error) {
          input = null;
        }
        if (typeof input?.name === "string") {
          console.error(`greeting ${input.name}`);
          console.log(JSON.stringify({ greeting: `Hello, ${input.name}!` }));
        } else {
          console.log(JSON.stringify({ type: "NoName", message: "the input has no name", retryable: false }));
          process.exitCode = 65;
        }

        """#

    private static let swift = #"""
        // Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout.
        import Foundation

        struct Input: Decodable { var name: String }
        struct Output: Encodable { var greeting: String }
        struct Failure: Encodable {
            var type = "NoName"
            var message: String
            var retryable = false
        }

        func write(_ value: some Encodable) throws {
            FileHandle.standardOutput.write(try JSONEncoder().encode(value))
        }

        do {
            let bytes = FileHandle.standardInput.readDataToEndOfFile()
            let input = try JSONDecoder().decode(Input.self, from: bytes)
            FileHandle.standardError.write(Data("greeting \(input.name)\n".utf8))
            try write(Output(greeting: "Hello, \(input.name)!"))
        } catch {
            try write(Failure(message: "the input has no name"))
            exit(65)
        }

        """#

    private static let c = #"""
        /* Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout. */
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>

        /* All of stdin as a string; the caller frees it. */
        static char *read_all(void)
        {
            size_t room = 65536, used = 0, got;
            char *text = malloc(room);
            while (text && (got = fread(text + used, 1, room - used - 1, stdin)) > 0) {
                used += got;
                if (used + 1 == room) text = realloc(text, room *= 2);
            }
            if (text) text[used] = 0;
            return text;
        }

        /* The string of a member; the manifest's schema admits only names without escapes. */
        static char *member(char *text, const char *key)
        {
            char *at = strstr(text, key);
            at = at ? strchr(at + strlen(key), ':') : NULL;
            at = at ? strchr(at, '"') : NULL;
            char *end = at ? strchr(at + 1, '"') : NULL;
            if (!end) return NULL;
            *end = 0;
            return at + 1;
        }

        int main(void)
        {
            char *text = read_all();
            char *name = text ? member(text, "\"name\"") : NULL;
            if (!name) {
                puts("{\"type\":\"NoName\",\"message\":\"the input has no name\",\"retryable\":false}");
                return 65;
            }
            fprintf(stderr, "greeting %s\n", name);
            printf("{\"greeting\":\"Hello, %s!\"}\n", name);
            free(text);
            return 0;
        }

        """#

    private static let perl = #"""
        #!/usr/bin/env perl
        # Reads {"name": "Ada"} on stdin, writes {"greeting": "Hello, Ada!"} on stdout.
        use strict;
        use warnings;
        use JSON::PP;

        my $json = JSON::PP->new->utf8->canonical;
        my $input = eval { $json->decode(do { local $/; <STDIN> } // '') };
        if (ref $input ne 'HASH' || !defined $input->{name}) {
            print $json->encode({
                type => 'NoName', message => 'the input has no name', retryable => JSON::PP::false,
            }), "\n";
            exit 65;
        }
        binmode STDERR, ':utf8';
        print STDERR "greeting $input->{name}\n";
        print $json->encode({ greeting => "Hello, $input->{name}!" }), "\n";

        """#
}
