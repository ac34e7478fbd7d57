#include <cstring>

#include "core/half.h"
#include "generated/args.h"
#include "kernels/indexing.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareIndex(PrepareContext& context, const IndexArgs& args) {
  int64_t dims[kMaxRank];
  int rank = 0;
  MTC_RETURN_IF_ERROR(PreparePlaces(context, *args.x, args.indices, dims, &rank));
  return context.Resize(args.out, {dims, static_cast<size_t>(rank)});
}

static Status CopyPlaces(KernelContext& context, const IndexArgs& args, size_t element) {
  MTC_RETURN_IF_ERROR(CheckPlaces(context, *args.x, args.indices));
  if (args.out->count() == 0) return Status::kOk;
  const Places places = PlacesOf(*args.x, args.indices);
  const size_t bytes = static_cast<size_t>(places.inner) * element;
  const int64_t grain = 1 + 16 * kIndexGrain / static_cast<int64_t>(bytes + 16);
  ParallelFor(context.threads, places.count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      std::memcpy(args.out->as<char>() + static_cast<size_t>(p) * bytes,
                  args.x->as<char>() + static_cast<size_t>(places(*args.x, args.indices, p)) * element, bytes);
    }
  });
  return Status::kOk;
}

template <typename T>
Status RunIndex(KernelContext& context, const IndexArgs& args) {
  return CopyPlaces(context, args, sizeof(T));
}

MTC_PORTABLE_KERNEL(Index)

}  // namespace MTC_PORTABLE
