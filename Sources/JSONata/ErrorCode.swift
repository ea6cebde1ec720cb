import JSON

/// The error codes of JSONata 2, each with what it means.
///
/// In a message `{token}`, `{value}` and `{expected}` stand for what the error is about.
enum ErrorCode: String {
    case unterminatedString = "S0101"
    case numberOutOfRange = "S0102"
    case badEscape = "S0103"
    case badUnicodeEscape = "S0104"
    case unterminatedName = "S0105"
    case unterminatedComment = "S0106"
    case syntax = "S0201"
    case expectedToken = "S0202"
    case expectedBeforeEnd = "S0203"
    case unknownOperator = "S0204"
    case unexpectedEnd = "S0207"
    case parameterIsNoVariable = "S0208"
    case predicateAfterGroup = "S0209"
    case secondGroup = "S0210"
    case noPrefixOperator = "S0211"
    case bindsNoVariable = "S0212"
    case literalStep = "S0213"
    case expectedVariable = "S0214"
    case focusAfterPredicate = "S0215"
    case focusAfterSort = "S0216"
    case noParent = "S0217"
    case emptyRegex = "S0301"
    case unterminatedRegex = "S0302"
    case badRegex = "S0303"
    case typeParameter = "S0401"
    case choiceOfParameterizedTypes = "S0402"

    case argumentMismatch = "T0410"
    case contextMismatch = "T0411"
    case arrayMismatch = "T0412"
    case keyIsNoString = "T1003"
    case notAFunctionDidYouMean = "T1005"
    case notAFunction = "T1006"
    case partialOfNoFunctionDidYouMean = "T1007"
    case partialOfNoFunction = "T1008"
    case badMatcher = "T1010"
    case leftNotNumber = "T2001"
    case rightNotNumber = "T2002"
    case rangeStart = "T2003"
    case rangeEnd = "T2004"
    case applyNoFunction = "T2006"
    case sortMismatch = "T2007"
    case sortType = "T2008"
    case compareMismatch = "T2009"
    case compareType = "T2010"
    case updateIsNoObject = "T2011"
    case deleteIsNoString = "T2012"

    case resultOutOfRange = "D1001"
    case negateNoNumber = "D1002"
    case emptyMatch = "D1004"
    case duplicateKey = "D1009"
    case rangeTooLong = "D2014"
    case infinityAsString = "D3001"
    case replaceEmpty = "D3010"
    case replaceLimit = "D3011"
    case replacementIsNoString = "D3012"
    case splitLimit = "D3020"
    case notANumber = "D3030"
    case matchLimit = "D3040"
    case reduceArity = "D3050"
    case squareRootOfNegative = "D3060"
    case powerOutOfRange = "D3061"
    case sortNeedsComparator = "D3070"
    case tooManySubpictures = "D3080"
    case twoDecimalSeparators = "D3081"
    case twoPercents = "D3082"
    case twoPerMilles = "D3083"
    case percentAndPerMille = "D3084"
    case mantissaWithoutDigit = "D3085"
    case passiveInside = "D3086"
    case groupingBesideDecimal = "D3087"
    case groupingAtEnd = "D3088"
    case adjacentGrouping = "D3089"
    case optionalAfterMandatory = "D3090"
    case mandatoryAfterOptional = "D3091"
    case percentWithExponent = "D3092"
    case badExponent = "D3093"
    case radix = "D3100"
    case badTimestamp = "D3110"
    case evalSyntax = "D3120"
    case evalFailed = "D3121"
    case unsupportedSequence = "D3130"
    case mixedDigits = "D3131"
    case unknownComponent = "D3132"
    case nameModifier = "D3133"
    case timezoneDigits = "D3134"
    case unclosedComponent = "D3135"
    case missingComponents = "D3136"
    case raised = "D3137"
    case singleMatchedMore = "D3138"
    case singleMatchedNone = "D3139"
    case malformedURL = "D3140"
    case assertionFailed = "D3141"
}

extension ErrorCode {
    /// Whether the message is about the token, so that it is written anew once the token is known.
    var namesToken: Bool { template.contains("{token}") }

    func message(token: String?, value: JSONValue?, expected: String) -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            switch rest[open...close] {
            case "{token}": text += token ?? "?"
            case "{value}": text += value?.serialized() ?? "?"
            default: text += expected
            }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}
