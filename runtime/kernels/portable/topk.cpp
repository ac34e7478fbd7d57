#include "generated/args.h"
#include "kernels/ranking.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareTopk(PrepareContext& context, const TopkArgs& args) {
  const Tensor& x = *args.x;
  int axis;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, x.rank, &axis));
  const int64_t size = x.rank > 0 ? x.dims[axis] : 1;
  if (args.k < (x.rank > 0 ? 0 : 1) || args.k > size) {
    return context.Fail(Status::kInvalidArgument, "%lld of %lld elements", static_cast<long long>(args.k),
                        static_cast<long long>(size));
  }
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; ++i) dims[i] = i == axis ? args.k : x.dims[i];
  MTC_RETURN_IF_ERROR(context.Resize(args.out0, {dims, x.rank}));
  MTC_RETURN_IF_ERROR(context.Resize(args.out1, {dims, x.rank}));
  RequireRankingScratch(context, x, args.axis);
  return Status::kOk;
}

template <typename T>
Status RunTopk(KernelContext& context, const TopkArgs& args) {
  Rank<T>(context, *args.x, args.axis, args.k, args.largest, args.out0, args.out1);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Topk)

}  // namespace MTC_PORTABLE
