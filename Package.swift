// swift-tools-version: 6.2

import PackageDescription

/// Ours: Swift 6, strict concurrency, warnings are errors, and no unsafe construct unnoticed.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .strictMemorySafety()]

/// The bindings are where unsafe code lives, so there it need not be marked call by call.
let binding: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A Swift module over one C library.
///
/// Nothing else imports that library.
func bindingTarget(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/Bindings/\(name)",
        swiftSettings: binding
    )
}

/// A C library of the system, as a module map.
func library(_ name: String, pkgConfig: String? = nil, apt package: String) -> Target {
    .systemLibrary(
        name: name,
        path: "Sources/Bindings/C/\(name)",
        pkgConfig: pkgConfig,
        providers: [.apt([package])]
    )
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["TestSupport"],
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "pawl",
    products: [
        .executable(name: "pawl", targets: ["Host"]),
        .executable(name: "pawl-sim", targets: ["Simulation"]),
    ],
    targets: [
        library("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),
        library("CPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        library("CHiredis", apt: "libhiredis-dev"),
        library("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        library("CPCRE2", pkgConfig: "libpcre2-8", apt: "libpcre2-dev"),
        .target(
            name: "CMicrohttpd",
            path: "Sources/Bindings/C/CMicrohttpd",
            linkerSettings: [.linkedLibrary("microhttpd")]
        ),
        .target(
            name: "CCurl",
            path: "Sources/Bindings/C/CCurl",
            linkerSettings: [.linkedLibrary("curl")]
        ),
        .target(name: "CLinux", path: "Sources/Bindings/C/CLinux"),
        .target(name: "CDashboard", path: "Sources/Dashboard", exclude: ["www"]),

        bindingTarget("JSON", ["CJansson"]),
        bindingTarget("Postgres", ["CPQ", "Linux"]),
        bindingTarget("Redis", ["CHiredis", "Linux"]),
        bindingTarget("HTTP", ["CMicrohttpd", "Linux"]),
        bindingTarget("YAML", ["CYAML", "JSON"]),
        bindingTarget("PCRE", ["CPCRE2"]),
        bindingTarget("OTLP", ["CCurl"]),
        bindingTarget("Linux", ["CLinux"]),
        bindingTarget("Assets", ["CDashboard"]),

        .target(name: "Cron", dependencies: ["Linux"], swiftSettings: strict),
        .target(name: "Wording", swiftSettings: strict),
        .target(name: "JSONata", dependencies: ["JSON", "PCRE"], swiftSettings: strict),
        .target(name: "JSONSchema", dependencies: ["JSON", "PCRE", "Wording"], swiftSettings: strict),
        .target(
            name: "Sandbox",
            dependencies: ["JSON", "Linux"],
            exclude: ["Launcher"],
            swiftSettings: strict
        ),
        .target(
            name: "Scheduler",
            dependencies: [
                "Cron", "JSON", "JSONata", "JSONSchema", "YAML", "Postgres", "Redis", "Linux", "Wording",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Development",
            dependencies: ["Postgres", "Redis", "Linux"],
            swiftSettings: strict
        ),
        .target(
            name: "Executors",
            dependencies: ["Scheduler", "Sandbox", "JSON", "JSONSchema", "YAML", "Linux", "Wording"],
            path: "Sources/Host/Executors",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Host",
            dependencies: [
                "Scheduler", "Executors", "Sandbox", "HTTP", "JSON", "JSONata", "JSONSchema", "YAML",
                "Postgres", "Redis", "Linux", "OTLP", "Assets", "Development", "Cron", "Wording",
            ],
            exclude: ["Executors"],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "Simulation",
            dependencies: ["Scheduler", "JSON", "Linux"],
            swiftSettings: strict
        ),

        .target(
            name: "TestSupport",
            dependencies: ["HTTP", "JSON", "Linux", "Postgres", "Redis", "Development", "Scheduler"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests(
            "BindingsTests",
            ["JSON", "Postgres", "Redis", "HTTP", "YAML", "PCRE", "Linux", "Development"]
        ),
        tests("JSONataTests", ["JSONata", "JSON"]),
        tests("JSONSchemaTests", ["JSONSchema", "JSON", "Linux"]),
        .executableTarget(
            name: "SandboxProbe",
            dependencies: ["Sandbox", "Linux"],
            path: "Tests/SandboxProbe",
            swiftSettings: strict
        ),
        tests("SandboxTests", ["Sandbox", "Linux", "SandboxProbe"]),
        tests("SchedulerTests", ["Scheduler", "Simulation", "JSON", "JSONata", "Linux", "YAML", "Wording"]),
        tests("CronTests", ["Cron", "Linux"]),
        tests("ConformanceTests", ["JSON", "JSONata", "Cron", "Linux"]),
        tests(
            "IntegrationTests",
            [
                "Scheduler", "Executors", "Sandbox", "Cron", "Postgres", "HTTP", "JSON", "JSONSchema",
                "Linux", "Development",
            ]
        ),
        tests("ChaosTests", ["JSON", "Linux", "Postgres", "Redis", "Development"]),
        tests("PluginTests", ["JSON", "YAML", "Linux", "Postgres", "Development"]),
        tests("TidyTests", ["Linux", "Scheduler"]),
    ],
    swiftLanguageModes: [.v6]
)
