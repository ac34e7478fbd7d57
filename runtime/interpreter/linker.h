#ifndef MTC_INTERPRETER_LINKER_H_
#define MTC_INTERPRETER_LINKER_H_

#include "core/list.h"
#include "core/packed_weights.h"
#include "core/span.h"
#include "core/status.h"
#include "kernels/kernel.h"
#include "program/program.h"

namespace mtc {

// A program together with the kernels that run it, and the weights they packed. Threads may share it.
class LinkedProgram {
 public:
  // To be loaded before it is linked.
  Program& program() { return program_; }
  // Finds every kernel in the tables, the first table first, and checks that each instruction has the operands and
  // attributes its kernel's argument struct takes. kMissingKernel names all that are missing. Kernels use instruction
  // sets up to `highest` that the processor has.
  Status Link(Span<const KernelTable> tables, Isa highest, Error& error);

  const Program& program() const { return program_; }
  const schema::Program& tables() const { return program_.tables(); }
  const KernelEntry& kernel(uint32_t index) const { return *kernels_[index]; }
  // The kernel's code for this processor.
  Isa level(const KernelEntry& kernel) const;
  PackedWeights& packed() const { return packed_; }

 private:
  Status FindKernels(Span<const KernelTable> tables, Error& error);

  Program program_;
  List<const KernelEntry*> kernels_;
  Isa isa_ = Isa::kBase;
  mutable PackedWeights packed_;
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_LINKER_H_
