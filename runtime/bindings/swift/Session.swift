import MTCRuntime

/// The memory and state of runs. One thread uses it at a time; `cancel` may be called by another.
public final class Session: @unchecked Sendable {
  public let program: Program
  private let handle: OpaquePointer

  /// `threads` of 0 or 1 is the calling thread only; `maximumMemory` is in bytes of arena and state, 0 for no limit.
  public init(_ program: Program, threads: Int = 1, maximumMemory: UInt64 = 0) throws {
    var options = mtc_session_options()
    options.threads = UInt32(clamping: threads)
    options.max_memory = maximumMemory
    var created: OpaquePointer?
    try check { mtc_session_create(program.handle, &options, &created, $0) }
    self.program = program
    handle = created!
  }

  deinit { mtc_session_destroy(handle) }

  /// Runs a function, by default the first, on inputs in the program's order.
  public func run(_ inputs: [Tensor], function: Int = 0) throws -> [Tensor] {
    try withTensors(inputs[...], []) { given in
      try check { mtc_session_run(handle, function, given, given.count, $0) }
    }
    return try (0..<mtc_program_output_count(program.handle, function)).map { index in
      var output = mtc_tensor()
      try check { _ in mtc_session_output(handle, function, index, &output) }
      return Tensor(output)
    }
  }

  /// Makes a run in progress throw `.cancelled` soon. Holds for one run.
  public func cancel() { mtc_session_cancel(handle) }

  /// Instructions a run may execute; 0: no limit.
  public func setStepBudget(_ instructions: UInt64) { mtc_session_set_step_budget(handle, instructions) }

  /// State: back to its initial values, and copied out and in.
  public func resetState() throws { try check { mtc_session_reset_state(handle, $0) } }

  public func saveState() throws -> [UInt8] {
    var state = [UInt8](repeating: 0, count: mtc_session_state_size(handle))
    try state.withUnsafeMutableBytes { room in
      try check { mtc_session_save_state(handle, room.baseAddress, room.count, $0) }
    }
    return state
  }

  public func restoreState(_ state: [UInt8]) throws {
    try state.withUnsafeBytes { saved in
      try check { mtc_session_restore_state(handle, saved.baseAddress, saved.count, $0) }
    }
  }
}

/// Calls `body` with the tensors as C has them. They point into `tensors`, each of which stays open around the next.
private func withTensors(
  _ tensors: ArraySlice<Tensor>, _ made: [mtc_tensor], _ body: ([mtc_tensor]) throws -> Void
) throws {
  guard let tensor = tensors.first else { return try body(made) }
  try tensor.bytes.withUnsafeBytes { bytes in
    var next = mtc_tensor()
    next.data = UnsafeMutableRawPointer(mutating: bytes.baseAddress)  // the runtime only reads inputs
    next.size = bytes.count
    next.dtype = mtc_dtype(rawValue: numericCast(tensor.dataType.rawValue))
    next.rank = UInt32(tensor.shape.count)
    _ = withUnsafeMutableBytes(of: &next.dims) { dims in
      dims.bindMemory(to: Int64.self).update(fromContentsOf: tensor.shape.map(Int64.init))
    }
    try withTensors(tensors.dropFirst(), made + [next], body)
  }
}
