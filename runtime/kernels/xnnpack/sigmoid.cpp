#include "kernels/xnnpack/sigmoid.h"

#include <algorithm>

#include "generated/args.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSigmoid(PrepareContext& context, const SigmoidArgs& args) {
  MTC_RETURN_IF_ERROR(SameShape(context, args.x, args.out));
  return PrepareSigmoidState(context) == nullptr ? Unsupported(context) : Status::kOk;
}

template <typename T>
Status RunSigmoid(KernelContext& context, const SigmoidArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const SigmoidState*>(context.state.get());
  const ElementLoops loops(*args.out, {args.x});
  loops.Run(context.threads, [&](int64_t to, int64_t from, int64_t, int64_t count) {
    for (int64_t i = 0; i < count; i += kSigmoidPart) {
      state.Compute(std::min(kSigmoidPart, count - i) * sizeof(T), args.x->as<const T>() + from + i,
                    args.out->as<T>() + to + i);
    }
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Sigmoid)

}  // namespace MTC_XNNPACK
