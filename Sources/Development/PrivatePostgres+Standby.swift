import Linux
import Postgres

// A second server that follows a first one and may take its place.

extension PrivatePostgres {
    /// Starts a server that follows this one, on a copy of its data in a folder of its own.
    ///
    /// This one does not wait for it: what it has not received when this one is killed, it never had.
    public func standby(in path: String) throws(DevelopmentError) -> PrivatePostgres {
        let standby = try PrivatePostgres(folder: path, options: options)
        let place = ["-h", folder.socketFolder, "-p", String(Self.port), "-U", Self.superuser]
        let copying = [
            "-D", standby.data, "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast",
        ]
        try standby.command("pg_basebackup", place + copying).run()
        try standby.start()
        return standby
    }

    /// Receives nothing more from the server that it follows; returns when that is so.
    public func stopFollowing() throws {
        let connection = try openAny()
        try connection.execute("alter system set primary_conninfo = ''")
        try connection.execute("select pg_reload_conf()")
        let pause = Waker()
        while try connection.query("select from pg_stat_wal_receiver").count > 0 {
            pause.wait(until: .now + .milliseconds(5))
        }
    }

    /// Lets the standby take the place of this server, which is killed: its data, at this one's address.
    ///
    /// The standby's folder is of no use afterwards.
    public func failOver(to standby: PrivatePostgres) throws {
        kill()
        try standby.openAny().execute("select pg_promote()")
        standby.stop(.fast)
        try Files.removeTree(data)
        try Files.rename(standby.data, to: data)
        try start()
    }
}
