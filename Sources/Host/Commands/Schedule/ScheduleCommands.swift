/// The commands of `pawl schedule`.
enum ScheduleCommands {
    static let all: [Command] = [ScheduleNextCommand.command]
}
