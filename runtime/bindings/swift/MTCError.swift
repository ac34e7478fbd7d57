import MTCRuntime

/// Why a call failed.
public struct MTCError: Error, CustomStringConvertible, Sendable {
  /// The statuses of mtc.h.
  public enum Code: UInt32, Sendable {
    /// The caller gave something the program does not take.
    case invalidArgument = 1
    /// The file is damaged or was not made by mtc.
    case invalidProgram
    /// The program needs kernels this runtime was built without.
    case missingKernel
    /// The system has none, or the limit given in the options is reached.
    case outOfMemory
    /// A file could not be opened or read.
    case io
    /// The run was cancelled or the step budget used up.
    case cancelled
    /// A kernel met a value it cannot serve, such as an index out of range.
    case runFailed
  }

  public let code: Code
  public let message: String
  public var description: String { message }
}

/// Calls the C API and throws what it says.
func check(_ call: (UnsafeMutablePointer<mtc_error>) -> mtc_status) throws {
  let reason = UnsafeMutablePointer<mtc_error>.allocate(capacity: 1)
  reason.initialize(to: mtc_error())
  defer { reason.deallocate() }
  let status = call(reason)
  guard status != MTC_OK else { return }
  let message = UnsafeRawPointer(reason).assumingMemoryBound(to: CChar.self)  // its first and only member
  throw MTCError(code: MTCError.Code(rawValue: UInt32(status.rawValue)) ?? .runFailed, message: String(cString: message))
}
