import Development
import Glibc
import Linux
import Postgres
import TestSupport
import Testing

@Suite("Private servers", .timeLimit(.minutes(2)))
struct PostgresPrivateServerTests {
    @Test("a server whose process was killed is cleared away at the next start, and its data is kept")
    func killedProcess() async throws {
        let folder = try TestServers.folder()
        try Files.changeMode(folder, 0o755)
        let place = "\(folder)/postgres"
        await #expect(processExitsWith: .signal(SIGKILL)) { [place = place as String] in
            let postgres = try PrivatePostgres(folder: place)
            try postgres.start()
            let connection = try PostgresConnection.open(postgres.configuration())
            try connection.execute("create table kept as select 7::int8 as n")
            ThisProcess.signal(SIGKILL, pid: ThisProcess.id)
        }
        try await onOwnThread {
            let postgres = try PrivatePostgres(folder: place)
            defer { postgres.remove() }
            try postgres.start()
            let connection = try PostgresConnection.open(postgres.configuration())
            #expect(try connection.query("select n from kept").first?.int64(0) == 7)
            let second = #expect(throws: DevelopmentError.self) { _ = try PrivatePostgres(folder: place) }
            #expect(second?.message.contains("another process uses \(place)") == true)
        }
    }

    @Test("a server whose processes are killed comes back with what was committed")
    func killedServer() async throws {
        let postgres = try await TestServers.ownPostgres()
        defer { postgres.remove() }
        try await onOwnThread {
            let connection = try PostgresConnection.open(postgres.configuration())
            try connection.execute("create table kept (n int8); insert into kept values (1)")
            postgres.kill()
            #expect(postgres.pid == nil)
            try postgres.start()
            try connection.reopen()
            #expect(try connection.query("select n from kept").count == 1)
        }
    }

    @Test("a folder whose name is too long for a socket has its socket elsewhere")
    func longPath() async throws {
        let folder = "\(try TestServers.folder())/\(String(repeating: "long", count: 30))"
        try await onOwnThread {
            let redis = try PrivateRedis(folder: folder)
            defer { redis.remove() }
            try redis.start()
            #expect(redis.url.utf8.count <= 107 + "unix:".utf8.count)
            #expect(!redis.url.contains("long"))
        }
    }

    @Test("a server that cannot start says why, in its own words")
    func refusedSetting() async throws {
        let folder = try TestServers.folder()
        try Files.changeMode(folder, 0o755)
        try await onOwnThread {
            var options = PrivatePostgres.Options()
            options.isDurable = false
            options.settings = ["shared_buffers": "much"]
            let postgres = try PrivatePostgres(folder: "\(folder)/postgres", options: options)
            defer { postgres.remove() }
            let error = #expect(throws: DevelopmentError.self) { try postgres.start() }
            #expect(error?.logLines.contains { $0.contains("shared_buffers") } == true)
        }
    }
}
