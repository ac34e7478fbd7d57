#ifndef MTC_INTERPRETER_ARGUMENTS_H_
#define MTC_INTERPRETER_ARGUMENTS_H_

#include <cstdint>

#include "core/list.h"
#include "core/tensor.h"
#include "kernels/kernel.h"
#include "program/tables.h"

namespace mtc {

class NestedFunction;

// An integer of an argument struct that is evaluated for the actual shapes.
struct SymbolicInt {
  int64_t* target;
  uint32_t expression;
};

// Bytes that FillArguments takes for an instruction: its kernel's struct, and the lists the struct points to.
size_t ArgumentBytes(const ArgsLayout& layout, const schema::Instruction& instruction);

// Fills a kernel's argument struct at `memory` (8-byte aligned, zeroed). Operands point into `tensors`, static lists
// into the program; `nested` are the instruction's functions. Symbolic integers are appended to `symbolic`.
void FillArguments(const ArgsLayout& layout, const schema::Instruction& instruction, Tensor* tensors,
                   NestedFunction* const* nested, uint8_t* memory, List<SymbolicInt>* symbolic);

}  // namespace mtc

#endif  // MTC_INTERPRETER_ARGUMENTS_H_
