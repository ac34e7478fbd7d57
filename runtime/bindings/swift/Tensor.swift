import MTCRuntime

/// The element types of mtc.h.
public enum DataType: UInt32, Sendable {
  case float32 = 0, float64, float16, bfloat16, int8, uint8, int16, int32, int64, bool

  /// The bytes of one element.
  public var size: Int {
    switch self {
    case .float64, .int64: return 8
    case .float32, .int32: return 4
    case .float16, .bfloat16, .int16: return 2
    case .int8, .uint8, .bool: return 1
    }
  }
}

/// A type of Swift whose values are elements of tensors as they are. Of the 16-bit floats the bytes alone are given.
public protocol TensorElement {
  static var dataType: DataType { get }
}

extension Float: TensorElement { public static let dataType = DataType.float32 }
extension Double: TensorElement { public static let dataType = DataType.float64 }
extension Int8: TensorElement { public static let dataType = DataType.int8 }
extension UInt8: TensorElement { public static let dataType = DataType.uint8 }
extension Int16: TensorElement { public static let dataType = DataType.int16 }
extension Int32: TensorElement { public static let dataType = DataType.int32 }
extension Int64: TensorElement { public static let dataType = DataType.int64 }
extension Bool: TensorElement { public static let dataType = DataType.bool }

/// A dense, row-major tensor that owns its elements.
public struct Tensor: Equatable, Sendable {
  public let dataType: DataType
  public let shape: [Int]
  public let bytes: [UInt8]

  /// Throws `MTCError` with `.invalidArgument` if there are more or fewer bytes than the shape asks for.
  public init(bytes: [UInt8], shape: [Int], dataType: DataType) throws {
    guard shape.count <= Int(MTC_MAX_RANK), Tensor.size(of: shape, dataType) == bytes.count else {
      throw MTCError(code: .invalidArgument, message: "\(bytes.count) bytes are no \(dataType) tensor of shape \(shape)")
    }
    self.dataType = dataType
    self.shape = shape
    self.bytes = bytes
  }

  public init<Element: TensorElement>(_ values: [Element], shape: [Int]) throws {
    try self.init(bytes: values.withUnsafeBytes { Array($0) }, shape: shape, dataType: Element.dataType)
  }

  /// The elements; nil if they are of another type.
  public func values<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element]? {
    guard Element.dataType == dataType else { return nil }
    return bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: dataType.size).map { raw.loadUnaligned(fromByteOffset: $0, as: type) }
    }
  }

  /// nil where it is beyond what an Int holds.
  private static func size(of shape: [Int], _ dataType: DataType) -> Int? {
    var size = dataType.size
    for dim in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dim)
      guard dim >= 0, !overflow else { return nil }
      size = product
    }
    return size
  }
}

extension Tensor {
  /// A copy of what the runtime owns.
  init(_ tensor: mtc_tensor) {
    dataType = DataType(tensor.dtype)
    shape = dims(tensor.dims, tensor.rank)
    bytes = Array(UnsafeRawBufferPointer(start: tensor.data, count: tensor.size))
  }
}

extension DataType {
  init(_ dtype: mtc_dtype) {
    guard let known = DataType(rawValue: UInt32(dtype.rawValue)) else { fatalError("mtc.h and MTC differ") }
    self = known
  }
}

/// The first `rank` of an array of C, which is a tuple in Swift.
func dims<Tuple>(_ tuple: Tuple, _ rank: UInt32) -> [Int] {
  withUnsafeBytes(of: tuple) { $0.bindMemory(to: Int64.self).prefix(Int(rank)).map { Int(clamping: $0) } }
}
