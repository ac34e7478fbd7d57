#include <cstring>

#include "core/half.h"
#include "generated/args.h"
#include "kernels/axis_run.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareIndexCopy(PrepareContext& context, const IndexCopyArgs& args) {
  const Tensor &x = *args.x, &source = *args.source;
  int axis;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, x.rank, &axis));
  if (x.rank < 1 || args.index->rank != 1 || source.rank != x.rank) {
    return context.Fail(Status::kInvalidProgram, "x has no axis, index has not one, or source has other axes than x");
  }
  for (int i = 0; i < x.rank; ++i) {
    if (source.dims[i] == (i == axis ? args.index->dims[0] : x.dims[i])) continue;
    return context.Fail(Status::kInvalidArgument, "axis %d of the slices has %lld elements", i,
                        static_cast<long long>(source.dims[i]));
  }
  return SameShape(context, args.x, args.out);
}

// The slices of one run along the axis are copied in order: several may be for one place.
static Status WriteSlices(KernelContext& context, const IndexCopyArgs& args, size_t element) {
  const AxisSizes view(*args.x, args.axis);
  MTC_RETURN_IF_ERROR(CheckIndices(context, *args.index, -view.count, view.count));
  CopyUnlessInPlace(args.x->data, args.out->data, static_cast<size_t>(args.x->count()) * element);
  const int64_t count = args.index->dims[0];
  const size_t bytes = static_cast<size_t>(view.inner) * element;
  const int64_t grain = 1 + 16 * kIndexGrain / (static_cast<int64_t>(bytes) * count + 1);
  ParallelFor(context.threads, view.outer, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * count; i < end * count; ++i) {
      const int64_t place = args.index->as<int64_t>()[i % count];
      const int64_t to = i / count * view.count + (place < 0 ? place + view.count : place);
      std::memcpy(args.out->as<char>() + static_cast<size_t>(to) * bytes,
                  args.source->as<char>() + static_cast<size_t>(i) * bytes, bytes);
    }
  });
  return Status::kOk;
}

template <typename T>
Status RunIndexCopy(KernelContext& context, const IndexCopyArgs& args) {
  return WriteSlices(context, args, sizeof(T));
}

MTC_PORTABLE_KERNEL(IndexCopy)

}  // namespace MTC_PORTABLE
