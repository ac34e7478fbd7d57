#ifndef MTC_KERNELS_NESTED_FUNCTION_H_
#define MTC_KERNELS_NESTED_FUNCTION_H_

#include <cstddef>

#include "core/span.h"
#include "core/status.h"
#include "core/tensor.h"

namespace mtc {

// A function of the program that a control-flow kernel runs: a branch of cond, the body of a loop. It has memory of its
// own, so that a kernel may pass the same tensors as inputs and outputs. All tensors are dense. Every run counts as a
// step, also that of an empty function: loops can always be cancelled.
class NestedFunction {
 public:
  virtual ~NestedFunction() = default;
  virtual size_t input_count() const = 0;
  virtual size_t output_count() const = 0;

  // In the kernel's Prepare: prepares the function for inputs of these shapes. `outputs`, if not empty, is what Run
  // will be given: each one must have the type of the function's result, and null skips one.
  virtual Status Prepare(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) = 0;
  // In the kernel's Run: copies the inputs in, runs, and copies the results out, where `outputs` is not empty. Inputs
  // of other shapes than before are prepared for, which may allocate.
  virtual Status Run(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) = 0;

  // A result: its shape after Prepare, and its elements from Run to the next Run.
  virtual const Tensor& output(size_t index) const = 0;
};

}  // namespace mtc

#endif  // MTC_KERNELS_NESTED_FUNCTION_H_
