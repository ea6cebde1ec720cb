import Executors
import Linux

extension Configuration {
    /// The program that is asked for secrets, with the environment of this process; nil without one.
    var secretsCommand: SecretsCommand? {
        self[.secretsCommand].flatMap { SecretsCommand($0, environment: ThisProcess.environment()) }
    }
}
