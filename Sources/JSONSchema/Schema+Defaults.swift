import JSON

extension Schema {
    /// The value with the `default` of every absent property filled in, at any depth.
    ///
    /// Defaults are taken from `properties`, through `$ref` and `allOf` and within `items`, never from
    /// alternatives; a default that is filled in is itself completed, once for each schema.
    public func fillingDefaults(in value: JSONValue) -> JSONValue {
        filling(value, node: root, within: [])
    }

    /// `within`: the nodes whose own defaults are being filled in, so that a recursive one ends.
    private func filling(_ value: JSONValue, node: Int, within active: Set<Int>) -> JSONValue {
        var value = value
        for check in nodes[node].checks {
            switch (check, value) {
            case (.reference(let target), _): value = filling(value, node: target, within: active)
            case (.allOf(let targets), _):
                for target in targets { value = filling(value, node: target, within: active) }
            case (.items(let prefix, let rest), .array(let elements)):
                value = .array(
                    elements.enumerated().map { index, element in
                        guard let node = index < prefix.count ? prefix[index] : rest else { return element }
                        return filling(element, node: node, within: active)
                    }
                )
            case (.properties(let properties), .object(let object)):
                value = .object(filling(object, properties, within: active))
            default: break
            }
        }
        return value
    }

    private func filling(
        _ object: JSONObject,
        _ properties: Check.Properties,
        within active: Set<Int>
    ) -> JSONObject {
        var object = object
        for name in properties.order {
            guard let node = properties.named[name] else { continue }
            if let value = object[name] {
                object[name] = filling(value, node: node, within: active)
            } else if let value = nodes[node].defaultValue, !active.contains(node) {
                object[name] = filling(value, node: node, within: active.union([node]))
            }
        }
        return object
    }
}
