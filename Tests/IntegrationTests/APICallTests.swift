import HTTP
import JSON
import Linux
import TestSupport
import Testing

extension OwnProcessTests {
    @Suite("Every call of the API answers as its document says")
    struct APICallTests {
        /// What the calls name, and what they have kept.
        private struct Names {
            var values: [String: String] = ["name": "called"]

            func target(of call: APICall) -> String {
                var path = String(call.name.drop { $0 != " " }.dropFirst())
                for match in path.matches(of: /\{([a-z.]+)\}/).reversed() {
                    let part = String(match.1)
                    let name = call.parts[part] ?? part
                    path.replaceSubrange(match.range, with: PercentEncoding.encode(values[name] ?? name))
                }
                return path + call.query
            }

            /// `items/0/id` of the answer, by another name.
            mutating func keep(_ call: APICall, _ answer: JSONValue) {
                for (place, name) in call.keeps {
                    let value = place.split(separator: "/").reduce(answer as JSONValue?) { value, step in
                        Int(step).map { value?[$0] } ?? value?[String(step)]
                    }
                    values[name] = value?.stringValue
                }
            }
        }

        @Test("each is made once, with the status and the members that are documented")
        func calls() async throws {
            try await onOwnThread {
                let folder = try TestServers.folder()
                let server = try PawlProcess(
                    ["dev", "--port", "0", "--data", "\(folder)/dev"],
                    environment: ["PAWL_SLOTS": "8"]
                )
                defer { _ = try? server.stop() }
                let api = PawlAPI(try server.ready())
                let document = APIDocument(json: try api.get("/v1/openapi.json").json)
                var names = Names()
                try Self.prepare(api, folder, &names)
                for call in APICall.all { try Self.make(call, api, document, &names) }
                let made = Set(APICall.all.map { $0.name.replacing("...}", with: "}") })
                #expect(document.calls.subtracting(made).isEmpty, "calls without a test")
            }
        }

        private static func make(
            _ call: APICall,
            _ api: PawlAPI,
            _ document: APIDocument,
            _ names: inout Names
        ) throws {
            let method = String(call.name.prefix { $0 != " " })
            let target = names.target(of: call)
            let headers = names.values["key"].map { [("Authorization", "Bearer \($0)")] } ?? []
            if call.name == "GET /v1/stream" {
                let stream = try HTTPClient(api.address).stream("GET", target)
                let first = try stream.nextEvent(silence: PawlProcess.patience)
                #expect(stream.status == 200 && first?.event == "hello")
                return
            }
            var body = call.body
            if call.name == "POST /v1/session" { body = ["token": .string(names.values["key"] ?? "")] }
            if call.name == "POST /v1/runs/import" {
                body = try JSONValue.parse(names.values["document"] ?? "")
            }
            let answer = try api.call(method, target, body, headers: headers)
            #expect(answer.status == call.status, "\(call.name): \(answer.status) \(answer.text)")
            let path = String(call.name.drop { $0 != " " }.dropFirst()).replacing("...}", with: "}")
            let isDocumented = document.response(method, path, answer.status) != nil
            #expect(isDocumented || path.hasPrefix("/assets"), "\(call.name) \(answer.status)")
            if let schema = try document.schema(method, path, answer.status) {
                let violations = schema.violations(of: answer.json)
                #expect(violations.isEmpty, "\(call.name): \(violations)")
            }
            names.keep(call, answer.json)
        }

        /// Runs in each state that a call asks for.
        private static func prepare(_ api: PawlAPI, _ folder: String, _ names: inout Names) throws {
            let hold = try api.apply("name: held\nsteps:\n  - { id: wait, wait: { signal: go } }")
            for name in ["held", "held-2", "held-3"] { names.values[name] = try api.start(hold) }
            names.values["asleep"] = try api.start(
                try api.apply("name: asleep\nsteps:\n  - { id: rest, sleep: 1h }")
            )
            names.values["slow"] = try api.start(try api.apply(script("slow", "sleep 600")))
            names.values["broken"] = try api.start(
                try api.apply(script("broken", "exit 1\n    retry: { attempts: 2, delay: 1h, jitter: none }"))
            )
            let keep = #"echo x > x; echo '{"type":"artifact","name":"x","path":"x"}' >&3"#
            let file = try api.run("name: file\nsteps:\n  - id: only\n    run: |\n      \(keep)")
            names.values["file"] = file["id"]?.stringValue
            let run = try api.run(script("called-before"))["id"]?.stringValue ?? ""
            names.values["run"] = run
            let export = ["run", "export", run, "--server", api.address]
            names.values["document"] = try PawlProcess.run(export).output
            for number in 1...2 { names.values["token-\(number)"] = try deferred(api, "\(folder)/\(number)") }
            try api.waitForStep(names.values["slow"] ?? "", "only", "running")
            try api.waitForStep(names.values["broken"] ?? "", "only", "backoff")
        }

        /// The callback token of a step that waits for its answer.
        private static func deferred(_ api: PawlAPI, _ context: String) throws -> String {
            let lines = [
                "cp \"$PAWL_CONTEXT\" \(context)", "echo '{\"type\": \"defer\"}' >&3",
            ]
            let script = lines.map { "      \($0)" }.joined(separator: "\n")
            let run = try api.start(
                try api.apply("name: deferred\nsteps:\n  - id: ask\n    run: |\n\(script)")
            )
            try api.waitForStep(run, "ask", "waiting")
            let json = try JSONValue.parse(Files.read(context))
            return json["callback"]?["token"]?.stringValue ?? ""
        }
    }
}
