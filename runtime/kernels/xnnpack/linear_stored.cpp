#include "kernels/selected_types.h"
#include "kernels/xnnpack/dynamic_linear.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareLinearStored(PrepareContext& context, const LinearArgs& args) {
  if (!args.dynamic) return context.Fail(Status::kInvalidProgram, "XNNPACK's rows are rounded as they come");
  MTC_RETURN_IF_ERROR(MTC_XNNPACK_WEIGHT_TYPES(LinearStored)::With(context, args.weight->dtype, [&](auto weight) {
    return PrepareDynamicLinear<decltype(weight)>(context, args, args.weight->dims[1]);
  }));
  context.RequireScratch(RoundedOperand::Size(args.x->rows(), args.x->count()));
  return Status::kOk;
}
#endif

template <typename F, typename W>
Status RunLinearStored(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<F, float>);
  if (args.out->count() == 0) return Status::kOk;
  const int64_t rows = args.x->rows();
  const RoundedOperand rounded = RoundedOperand::In(context.scratch, rows);
  MTC_PORTABLE::RoundRows(context.threads, *args.x, /*origin=*/0, rounded.steps,
                          [&](int64_t row, const auto& by) { rounded.SetScale(row, by); });
  rounded.PadScales(rows);
  return RunDynamicLinear<W>(context, args, rounded.steps, rounded.scales);
}

MTC_XNNPACK_KERNEL(LinearStored)

}  // namespace MTC_XNNPACK
