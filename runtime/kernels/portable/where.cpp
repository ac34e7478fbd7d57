#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareWhere(PrepareContext& context, const WhereArgs& args) {
  const Tensor* operands[] = {args.condition, args.x, args.y};
  return BroadcastShape(context, operands, args.out);
}
#endif

template <typename T>
Status RunWhere(KernelContext& context, const WhereArgs& args) {
  const Tensor* operands[] = {args.condition, args.x, args.y};
  const Broadcast plan(*args.out, operands);
  const int last = plan.rank - 1;
  const int64_t steps[] = {plan.steps[0][last], plan.steps[1][last], plan.steps[2][last]};
  const auto row = [&](const int64_t* offsets, int64_t at, int64_t count) {
    const Bool* condition = args.condition->as<Bool>() + offsets[0];
    const T* x = args.x->as<T>() + offsets[1];
    const T* y = args.y->as<T>() + offsets[2];
    T* to = args.out->as<T>() + at;
    for (int64_t i = 0; i < count; ++i) to[i] = condition[i * steps[0]] ? x[i * steps[1]] : y[i * steps[2]];
  };
  ForBroadcast(context, plan, Count(*args.out), kElementGrain / 8, row);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Where)

}  // namespace MTC_PORTABLE
