// Uses every class of the binding as an app does: arguments are a program and a damaged one. Prints what it computes.
import MTC

func fails(_ code: MTCError.Code, _ body: () throws -> Void) {
  do {
    try body()
    fatalError("it did not fail with \(code)")
  } catch let error as MTCError {
    precondition(error.code == code && !error.message.isEmpty, "\(error)")
  } catch {
    fatalError("\(error)")
  }
}

let program = try Program(path: CommandLine.arguments[1])
precondition(program.functionNames.count == 1 && program.kernels.count == 2)
precondition(Program.runtimeKernels == program.kernels && program.metadata("no such key") == nil)
precondition(program.inputs()[0].shape == [2, 6] && program.inputs()[0].dataType == .float32)
precondition(program.inputs(of: 7).isEmpty)

let ones = try Tensor([Float](repeating: 1, count: 12), shape: [2, 6])
let session = try Session(program, threads: 2)
let output = try session.run([ones])[0]
precondition(output.shape == [2, 5] && output.values(as: Double.self) == nil)
print(output.values(as: Float.self)!.map { "\($0)" }.joined(separator: " "))
try session.restoreState(session.saveState())
try session.resetState()

fails(.invalidArgument) { _ = try session.run([]) }
fails(.invalidArgument) { _ = try Tensor([Float](), shape: [-1]) }
fails(.invalidProgram) { _ = try Program(path: CommandLine.arguments[2]) }
fails(.invalidProgram) { _ = try Program(bytes: []) }
fails(.io) { _ = try Program(path: "missing.mtp") }
