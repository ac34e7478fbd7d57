#ifndef MTC_INTERPRETER_NESTED_FRAME_H_
#define MTC_INTERPRETER_NESTED_FRAME_H_

#include "interpreter/frame.h"
#include "kernels/nested_function.h"

namespace mtc {

// The interpreter's NestedFunction: a frame of its own.
class NestedFrame final : public NestedFunction {
 public:
  NestedFrame(Environment& environment, uint32_t function) : environment_(environment), frame_(environment, function) {}

  size_t input_count() const override { return frame_.input_count(); }
  size_t output_count() const override { return frame_.output_count(); }
  Status Prepare(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) override;
  Status Run(Span<const Tensor* const> inputs, Span<Tensor* const> outputs) override;
  const Tensor& output(size_t index) const override { return frame_.output(index); }

 private:
  Status CheckOutputs(Span<Tensor* const> outputs);

  Environment& environment_;
  Frame frame_;
};

}  // namespace mtc

#endif  // MTC_INTERPRETER_NESTED_FRAME_H_
