extension ErrorCode {
    var template: String {
        switch self {
        case .unterminatedString: "The string has no closing quote"
        case .numberOutOfRange: "The number {token} is out of range"
        case .badEscape: "\\{token} is no escape sequence"
        case .badUnicodeEscape: "\\u needs four hexadecimal digits"
        case .unterminatedName: "The quoted name has no closing backquote"
        case .unterminatedComment: "The comment is never closed by */"
        case .syntax: "Unexpected {token}"
        case .expectedToken: "Expected {expected}, found {token}"
        case .expectedBeforeEnd: "Expected {expected} before the end of the expression"
        case .unknownOperator: "{token} is no operator"
        case .unexpectedEnd: "The expression ends too early"
        case .parameterIsNoVariable: "Parameter {expected} of the function must be a variable: write $name"
        case .predicateAfterGroup: "A predicate cannot follow a grouping in the same step"
        case .secondGroup: "A step can have one grouping only"
        case .noPrefixOperator: "{token} cannot stand before an operand"
        case .bindsNoVariable: "The left side of := must be a variable: write $name"
        case .literalStep: "The literal {value} cannot be a step of a path"
        case .expectedVariable: "The right side of {token} must be a variable: write $name"
        case .focusAfterPredicate: "@ must come before the predicates of its step"
        case .focusAfterSort: "@ must come before the order-by of its step"
        case .noParent: "The parent cannot be told from this expression"
        case .emptyRegex: "A regular expression cannot be empty"
        case .unterminatedRegex: "The regular expression has no closing /"
        case .badRegex: "The regular expression is malformed: {expected}"
        case .typeParameter: "Only functions and arrays take a type parameter"
        case .choiceOfParameterizedTypes: "A choice of types cannot hold types with parameters"
        default: evaluationTemplate
        }
    }

    private var evaluationTemplate: String {
        switch self {
        case .argumentMismatch: "Argument {expected} of {token} is not of the type that it takes"
        case .contextMismatch: "The context is not of the type that argument {expected} of {token} takes"
        case .arrayMismatch: "Argument {expected} of {token} must be an array of one type"
        case .keyIsNoString: "The key of a member must be a string, not {value}"
        case .notAFunctionDidYouMean: "{token} is not a function; did you mean ${token}?"
        case .notAFunction: "{token} is not a function"
        case .partialOfNoFunctionDidYouMean: "{token} cannot be applied in part; did you mean ${token}?"
        case .partialOfNoFunction: "{token} is not a function and cannot be applied in part"
        case .badMatcher: "The matcher given to {token} must return match, start, end and groups"
        case .leftNotNumber: "The left side of {token} must be a number"
        case .rightNotNumber: "The right side of {token} must be a number"
        case .rangeStart: "The left side of .. must be an integer"
        case .rangeEnd: "The right side of .. must be an integer"
        case .applyNoFunction: "The right side of ~> must be a function"
        case .sortMismatch: "An order-by term gives values of different types"
        case .sortType: "An order-by term must give numbers or strings"
        case .compareMismatch: "The sides of {token} must be of the same type"
        case .compareType: "The sides of {token} must be numbers or strings"
        case .updateIsNoObject: "The update of a transform must be an object, not {value}"
        case .deleteIsNoString: "The deletions of a transform must be names, not {value}"
        case .resultOutOfRange: "The result is beyond the range of numbers"
        case .negateNoNumber: "Only a number can be negated, not {value}"
        case .emptyMatch: "The regular expression matches the empty string"
        case .duplicateKey: "The key {value} is made by more than one pair of the object"
        case .rangeTooLong: "A range can have ten million items at most, not {value}"
        default: functionTemplate
        }
    }

    private var functionTemplate: String {
        switch self {
        case .infinityAsString: "Infinity has no text"
        case .replaceEmpty: "$replace cannot search for the empty string"
        case .replaceLimit: "The limit of $replace must not be negative"
        case .replacementIsNoString: "The replacement must be a string, not {value}"
        case .splitLimit: "The limit of $split must not be negative"
        case .notANumber: "{value} cannot be read as a number"
        case .matchLimit: "The limit of $match must not be negative"
        case .reduceArity: "$reduce needs a function of at least two parameters"
        case .squareRootOfNegative: "A negative number has no square root: {value}"
        case .powerOutOfRange: "The power is no number that JSON can hold"
        case .sortNeedsComparator: "$sort needs a comparator for anything but all numbers or all strings"
        case .radix: "The radix must be between 2 and 36, not {value}"
        case .badTimestamp: "{value} is no ISO 8601 timestamp"
        case .evalSyntax: "The expression given to $eval is malformed: {expected}"
        case .evalFailed: "The expression given to $eval failed: {expected}"
        case .raised, .assertionFailed: "{expected}"
        case .singleMatchedMore: "$single expects one match, and there are more"
        case .singleMatchedNone: "$single expects one match, and there is none"
        case .malformedURL: "Malformed URL passed to ${expected}(): {value}"
        default: pictureTemplate
        }
    }

    private var pictureTemplate: String {
        switch self {
        case .tooManySubpictures: "A picture has two sub-pictures at most"
        case .twoDecimalSeparators: "The sub-picture has more than one decimal separator"
        case .twoPercents: "The sub-picture has more than one percent sign"
        case .twoPerMilles: "The sub-picture has more than one per-mille sign"
        case .percentAndPerMille: "The sub-picture has both a percent and a per-mille sign"
        case .mantissaWithoutDigit: "The mantissa of the sub-picture has no digit"
        case .passiveInside: "The sub-picture has a passive character between active ones"
        case .groupingBesideDecimal: "A grouping separator stands beside the decimal separator"
        case .groupingAtEnd: "The integer part ends with a grouping separator"
        case .adjacentGrouping: "Two grouping separators are adjacent"
        case .optionalAfterMandatory: "An optional digit follows a mandatory one in the integer part"
        case .mandatoryAfterOptional: "A mandatory digit follows an optional one in the fraction"
        case .percentWithExponent: "A percent or per-mille sign cannot go with an exponent"
        case .badExponent: "The exponent of the sub-picture must be digits only"
        case .unsupportedSequence: "Numbering by the sequence {value} is not supported"
        case .mixedDigits: "The digits of the picture are of different scripts"
        case .unknownComponent: "{value} is no component of a date picture"
        case .nameModifier: "Only months and days have names, not {value}"
        case .timezoneDigits: "A time zone has four digits at most"
        case .unclosedComponent: "A [ of the date picture is never closed"
        case .missingComponents: "The date picture lacks components that are needed to read the timestamp"
        default: "The expression failed"
        }
    }
}
