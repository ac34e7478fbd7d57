#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/quantized_linear.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareLinearQuantized(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ChannelBlocks>(context);
  if (state == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(LinearQuantized)::With(context, args.x->dtype, [&](auto element) {
    return BuildQuantizedLinear<decltype(element)>(context, *state, args);
  });
}

template <typename Q, typename W>
Status RunLinearQuantized(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<Q, W>);
  if (args.out->count() == 0) return Status::kOk;
  using Step = decltype(Q::steps);
  return RunQuantizedLinear<Q>(context, *static_cast<const ChannelBlocks*>(context.state.get()),
                               args.x->as<const Step>(), args.out->as<Step>());
}

MTC_XNNPACK_KERNEL(LinearQuantized)

}  // namespace MTC_XNNPACK
