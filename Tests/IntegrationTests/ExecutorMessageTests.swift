import JSON
import Scheduler
import Testing

@testable import Executors

/// What a program says with a member that is not of its kind has the documented end, and a sentence about it.
@Suite("Malformed messages of programs")
struct ExecutorMessageTests {
    // MARK: - Error objects

    @Test(
        "a member of an error object that cannot be used is taken as left out, and named",
        arguments: [
            (#"{"type": 5}"#, "/type"), (#"{"type": ""}"#, "/type"), (#"{"type": "two\nlines"}"#, "/type"),
            (#"{"type": ["CardDeclined"]}"#, "/type"), (#"{"message": 5}"#, "/message"),
            (#"{"message": {"text": "no"}}"#, "/message"), (#"{"retryable": "yes"}"#, "/retryable"),
            (#"{"retryable": 1}"#, "/retryable"), (#"{"retry_after": -1}"#, "/retry_after"),
            (#"{"retry_after": 30}"#, "/retry_after"), (#"{"retry_after": "-1s"}"#, "/retry_after"),
            (#"{"retry_after": "soon"}"#, "/retry_after"), (#"{"retry_after": ""}"#, "/retry_after"),
            (#"{"class": "later"}"#, "/class"), (#"{"class": 5}"#, "/class"),
        ]
    )
    func errorMembers(text: String, pointer: String) throws {
        let object = try #require(JSONValue.parse(Array(text.utf8)).objectValue)
        let error = ErrorObject(object)
        var silent = error
        silent.complaints = []
        #expect(silent == ErrorObject())
        #expect(error.complaints.count == 1)
        #expect(error.complaints.first?.hasPrefix("\(pointer) must be ") == true, "\(error.complaints)")
    }

    @Test("null, an empty message and members of a later version are no complaint")
    func noComplaint() throws {
        let text = """
            {"type": null, "message": "", "retryable": null, "retry_after": null, "details": null,
             "class": null, "severity": 5}
            """
        let error = ErrorObject(try #require(JSONValue.parse(Array(text.utf8)).objectValue))
        #expect(error == ErrorObject())
    }

    @Test("the sentence stands in the attempt's log, and the rest of the object counts")
    func complaintIsLogged() async {
        let object = #"{"type":"CardDeclined","message":"no","retryable":"no","retry_after":-1}"#
        let onStdout = await ExecutorFixture.shell("echo '\(object)'; exit 1")
        let onControl = await ExecutorFixture.shell(#"echo '{"type":"error","error":\#(object)}' >&3"#)
        for (told, place) in [(onStdout, ""), (onControl, "/error")] {
            #expect(told.error?.type == "CardDeclined")
            #expect(told.error?.message == "no")
            #expect(told.error?.retryable == nil)
            let warnings = told.log.filter { $0.level == .warning }.map(\.message)
            #expect(
                warnings == [
                    "the error object: \(place)/retryable must be true or false, not \"no\"; "
                        + "it is taken as left out",
                    "the error object: \(place)/retry_after must be a duration, such as \"30s\", not -1; "
                        + "it is taken as left out",
                ]
            )
        }
    }

    @Test("an error that is no object is a failure all the same", arguments: ["", #","error":5"#])
    func noObject(rest: String) async {
        let told = await ExecutorFixture.shell(#"echo '{"type":"error"\#(rest)}' >&3"#)
        #expect(told.error?.type == "Exit")
        #expect(told.messages.contains { $0.contains("/error ") })
    }

    @Test("a limit that is required and that nothing keeps of such an attempt is never run without")
    func requiredDisk() async {
        let told = await ExecutorFixture.shell("echo 1") {
            $0.settings.limits = Limits()
            $0.settings.limits?.diskBytes = 1 << 20
            $0.settings.require = ["disk"]
        }
        #expect(told.error?.type == "InvalidInput")
        #expect(told.error?.message.contains("`isolation: strict`") == true)
        #expect(told.report.exit == nil)
    }

    // MARK: - Other messages

    @Test(
        "a message with a member that cannot be used is left out, and the member is named",
        arguments: [
            (#"{"type":"progress","percent":"40"}"#, "`progress`: /percent must be a number"),
            (#"{"type":"progress","done":"1","total":2}"#, "`progress`: /done must be a number"),
            (#"{"type":"progress","done":1,"total":[]}"#, "`progress`: /total must be a number"),
            (#"{"type":"progress","done":1,"total":2,"unit":5}"#, "`progress`: /unit must be a text"),
            (#"{"type":"progress","percent":1,"message":5}"#, "`progress`: /message must be a text"),
            (#"{"type":"log","message":5}"#, "`log`: /message must be a text"),
            (#"{"type":"mask"}"#, "`mask`: /value is missing"),
            (#"{"type":"mask","value":12345}"#, "`mask`: /value must be a text"),
            (#"{"type":"mask","value":"ab"}"#, "`mask`: /value must have 3 bytes or more"),
            (#"{"type":"extend"}"#, "`extend`: /by is missing"),
            (#"{"type":"extend","by":30}"#, "`extend`: /by must be a duration"),
            (#"{"type":"extend","by":"-30s"}"#, "`extend`: /by must be a duration"),
        ]
    )
    func leftOut(line: String, reason: String) {
        guard case .ignored(let said?) = ControlMessage.read(Array(line.utf8)) else {
            return #expect(Bool(false), "\(line)")
        }
        #expect(said.hasPrefix(reason), "\(said)")
    }

    @Test(
        "a file that is not named as it must be would be missed, so the attempt has failed",
        arguments: [
            (#"{"type":"artifact","path":"f"}"#, "`artifact`: /name is missing"),
            (#"{"type":"artifact","name":"a","path":5}"#, "`artifact`: /path must be a text, not 5"),
            (#"{"type":"artifact","name":"a","path":"f","media_type":5}"#, "`artifact`: /media_type must be"),
        ]
    )
    func artifacts(line: String, reason: String) async {
        let told = await ExecutorFixture.shell("echo x >f; echo '\(line)' >&3; echo 1")
        #expect(told.error?.type == "InvalidOutput")
        #expect(told.error?.retryable == false)
        #expect(told.error?.message.hasPrefix(reason) == true, "\(told.error?.message ?? "none")")
    }

    @Test(
        "of a file that is there it is told what is wrong with it",
        arguments: ["mkfifo f", "ln -s /etc/passwd f"]
    )
    func plantedArtifact(making: String) async {
        let line = #"{"type":"artifact","name":"a","path":"f"}"#
        let told = await ExecutorFixture.shell("\(making); echo '\(line)' >&3; echo 1")
        #expect(told.error?.type == "InvalidOutput")
        #expect(told.error?.message.contains("No such file") == false, "\(told.error?.message ?? "none")")
    }

    @Test("how long to wait for an answer is not guessed", arguments: ["5", "\"soon\"", "\"-1s\"", "{}"])
    func deferral(timeout: String) async {
        let told = await ExecutorFixture.shell(#"echo '{"type":"defer","timeout":\#(timeout)}' >&3"#)
        #expect(told.error?.type == "InvalidOutput")
        #expect(told.error?.message.hasPrefix("`defer`: /timeout must be a duration") == true)
    }

    @Test("types and members of a later version are no complaint, and a message is a heartbeat in any case")
    func laterVersion() {
        #expect(ControlMessage.read(Array(#"{"type":"weather"}"#.utf8)) == .ignored(reason: nil))
        let heartbeat = ControlMessage.read(Array(#"{"type":"heartbeat","mood":5}"#.utf8))
        #expect(heartbeat == .heartbeat(checkpoint: nil))
    }

    @Test(
        "an answer to hello with which no process can be used",
        arguments: [
            (#"{"protocol":"1"}"#, "/result/protocol"), (#"{"protocol":2}"#, "protocol 2"),
            (#"{"protocol":1,"concurrency":0}"#, "/result/concurrency"),
            (#"{"protocol":1,"concurrency":"4"}"#, "/result/concurrency"),
            (#"{"protocol":1,"concurrency":1.5}"#, "/result/concurrency"),
        ]
    )
    func hello(result: String, named: String) {
        guard case .refused(let reason) = WarmFrame.read(Array(#"{"id":1,"result":\#(result)}"#.utf8)) else {
            return #expect(Bool(false), "\(result)")
        }
        #expect(reason.contains(named), "\(reason)")
    }

    @Test("a warm deferral for an unknown time is an answer too, so that nobody waits for another")
    func warmDeferral() {
        let frame = WarmFrame.read(Array(#"{"id":7,"type":"defer","timeout":5}"#.utf8))
        guard case .message(7, let message) = frame else { return #expect(Bool(false), "\(frame)") }
        #expect(message.isLast)
    }
}
