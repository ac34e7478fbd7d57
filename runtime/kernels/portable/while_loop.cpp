#include <algorithm>

#include "generated/args.h"
#include "kernels/control.h"

namespace MTC_PORTABLE {

Status PrepareWhileLoop(PrepareContext& context, const WhileLoopArgs& args) {
  MTC_RETURN_IF_ERROR(CheckCarried(context, args.operands, args.out, args.carried));
  if (args.out.size() != static_cast<size_t>(args.carried)) {
    return context.Fail(Status::kInvalidProgram, "it has results that it does not carry");
  }
  auto state = std::make_unique<LoopState>();
  state->inputs.assign(args.operands.begin(), args.operands.end());
  std::copy(args.out.begin(), args.out.end(), state->inputs.begin());
  const Span<const Tensor* const> inputs(state->inputs.data(), state->inputs.size());
  MTC_RETURN_IF_ERROR(args.condition->Prepare(inputs, {}));
  if (args.condition->output_count() != 1 || args.condition->output(0).dtype != DType::kBool ||
      args.condition->output(0).count() != 1) {
    return context.Fail(Status::kInvalidProgram, "the condition is not one bool");
  }
  context.state = std::move(state);
  return args.body->Prepare(inputs, args.out);
}

// Each turn counts steps, so that a loop that never ends can be cancelled.
Status RunWhileLoop(KernelContext& context, const WhileLoopArgs& args) {
  const LoopState& state = static_cast<const LoopState&>(*context.state);
  const Span<const Tensor* const> inputs(state.inputs.data(), state.inputs.size());
  StartCarried(args.operands, args.out, args.carried);
  while (true) {
    MTC_RETURN_IF_ERROR(args.condition->Run(inputs, {}));
    if (*args.condition->output(0).as<uint8_t>() == 0) return Status::kOk;
    MTC_RETURN_IF_ERROR(args.body->Run(inputs, args.out));
  }
}

}  // namespace MTC_PORTABLE
