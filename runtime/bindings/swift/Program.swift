import MTCRuntime

/// What a program says of one of its inputs or outputs. A size of -1 is the caller's choice, within the other two.
public struct Signature: Sendable {
  public let name: String
  public let dataType: DataType
  public let shape: [Int]
  public let minimumShape: [Int]
  /// `Int.max`: unbounded.
  public let maximumShape: [Int]

  init(_ signature: mtc_signature) {
    name = String(cString: signature.name)
    dataType = DataType(signature.dtype)
    shape = dims(signature.dims, signature.rank)
    minimumShape = dims(signature.min_dims, signature.rank)
    maximumShape = dims(signature.max_dims, signature.rank)
  }
}

/// A loaded program. It does not change and may be shared by threads and sessions.
public final class Program: @unchecked Sendable {
  let handle: OpaquePointer
  private let memory: UnsafeMutableRawPointer?  // what the program was loaded from, if not a file

  public init(path: String) throws {
    var loaded: OpaquePointer?
    try check { mtc_program_load_file(path, nil, &loaded, $0) }
    handle = loaded!
    memory = nil
  }

  /// The bytes are copied.
  public init(bytes: [UInt8]) throws {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
    var loaded: OpaquePointer?
    do {
      try check { mtc_program_load_memory(copy, bytes.count, nil, &loaded, $0) }
    } catch {
      copy.deallocate()
      throw error
    }
    handle = loaded!
    memory = copy
  }

  deinit {
    mtc_program_destroy(handle)
    memory?.deallocate()
  }

  /// Of the runtime.
  public static var runtimeVersion: String { String(cString: mtc_version()) }
  public static var runtimeKernels: [String] { strings { mtc_runtime_kernel($0) } }

  /// The kernels it needs.
  public var kernels: [String] { strings { mtc_program_kernel(handle, $0) } }

  public var functionNames: [String] {
    (0..<mtc_program_function_count(handle)).map { String(cString: mtc_program_function_name(handle, $0)) }
  }

  public func metadata(_ key: String) -> String? {
    mtc_program_metadata(handle, key).map { String(cString: $0) }
  }

  /// Empty for a function that the program does not have.
  public func inputs(of function: Int = 0) -> [Signature] {
    (0..<mtc_program_input_count(handle, function)).map { index in
      var found = mtc_signature()
      _ = mtc_program_input(handle, function, index, &found)
      return Signature(found)
    }
  }

  public func outputs(of function: Int = 0) -> [Signature] {
    (0..<mtc_program_output_count(handle, function)).map { index in
      var found = mtc_signature()
      _ = mtc_program_output(handle, function, index, &found)
      return Signature(found)
    }
  }

  /// The example that is bundled in the program; nil if there is none.
  public func sampleInput(_ index: Int, of function: Int = 0) -> Tensor? { sample(index, of: function, isOutput: false) }
  public func sampleOutput(_ index: Int, of function: Int = 0) -> Tensor? { sample(index, of: function, isOutput: true) }

  private func sample(_ index: Int, of function: Int, isOutput: Bool) -> Tensor? {
    var found = mtc_tensor()
    return mtc_program_sample(handle, function, isOutput, index, &found) == MTC_OK ? Tensor(found) : nil
  }
}

private func strings(_ at: (Int) -> UnsafePointer<CChar>?) -> [String] {
  var found: [String] = []
  while let next = at(found.count) { found.append(String(cString: next)) }
  return found
}
