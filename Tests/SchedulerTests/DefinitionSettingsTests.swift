import JSON
import Scheduler
import Testing
import YAML

/// Settings as a manifest says them: the same keys and messages, no expressions.
struct DefinitionSettingsTests {
    private func read(_ text: String) throws -> (settings: Settings, messages: [String]) {
        let diagnostics = Diagnostics()
        let value = SourceValue(root: try YAMLNode.parse(text), diagnostics: diagnostics)
        let fields = try #require(value.fields("an action", known: SettingsReader.manifestKeys))
        return (SettingsReader.manifest.settings(fields), diagnostics.all.map(\.description))
    }

    @Test
    func readsAllThatAManifestSays() throws {
        let (settings, messages) = try read(
            """
            timeout: 60s
            grace: 5s
            heartbeat: 15s
            retry: { attempts: 5, except: [CardDeclined] }
            limits: { memory: 256MiB, processes: 32, network: host, isolation: standard }
            require: [memory]
            secrets: [stripe_key]
            env: { API_BASE: https://api.example }
            """
        )
        #expect(messages == [])
        #expect(settings.timeoutMilliseconds == 60_000 && settings.graceMilliseconds == 5_000)
        #expect(settings.heartbeatMilliseconds == 15_000)
        #expect(settings.retry == RetryRule(attempts: 5, except: ["CardDeclined"]))
        #expect(settings.limits?.memoryBytes == 256 << 20 && settings.limits?.processes == 32)
        #expect(settings.limits?.network == "host" && settings.limits?.isolation == "standard")
        #expect(settings.require == ["memory"] && settings.secrets == ["stripe_key"])
        #expect(settings.env == ["API_BASE": "https://api.example"])
    }

    @Test
    func refusesWhatOnlyAStepMaySay() throws {
        let (_, messages) = try read("queue: default\nenv: { X: \"${ input.x }\" }\n")
        #expect(messages.count == 2, "\(messages)")
        #expect(messages.first?.hasPrefix("1:1: error: an action has no key `queue`") ?? false)
        #expect(messages.last?.hasPrefix("2:11: error: `X` cannot hold an expression") ?? false)
    }
}
