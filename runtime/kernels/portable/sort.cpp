#include "generated/args.h"
#include "kernels/ranking.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareSort(PrepareContext& context, const SortArgs& args) {
  MTC_RETURN_IF_ERROR(AlongAxis(context, args.x, args.axis, args.out0));
  RequireRankingScratch(context, *args.x, args.axis);
  return SameShape(context, args.x, args.out1);
}

template <typename T>
Status RunSort(KernelContext& context, const SortArgs& args) {
  Rank<T>(context, *args.x, args.axis, AxisSizes(*args.x, args.axis).count, args.descending, args.out0, args.out1);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Sort)

}  // namespace MTC_PORTABLE
