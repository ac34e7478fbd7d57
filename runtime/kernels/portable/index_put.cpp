#include "kernels/elementwise.h"
#include "kernels/indexing.h"

namespace MTC_PORTABLE {

Status PrepareIndexPut(PrepareContext& context, const IndexPutArgs& args) {
  const Tensor& values = *args.values;
  int64_t dims[kMaxRank];
  int rank = 0;
  MTC_RETURN_IF_ERROR(PreparePlaces(context, *args.x, args.indices, dims, &rank));
  bool fits = values.rank <= rank;
  for (int i = 0; fits && i < values.rank; ++i) {
    fits = values.dims[i] == 1 || values.dims[i] == dims[rank - values.rank + i];
  }
  if (!fits) return context.Fail(Status::kInvalidArgument, "the values are not broadcast to their places");
  return SameShape(context, args.x, args.out);
}

// Where the values' element for element `at` of the places, which are shaped `dims`, stands.
static int64_t BroadcastOffset(const Tensor& values, const int64_t* dims, int rank, int64_t at) {
  int64_t offset = 0, step = 1;
  for (int i = rank - 1, own = values.rank - 1; own >= 0; --i, --own) {
    if (values.dims[own] != 1) offset += at % dims[i] * step;
    at /= dims[i];
    step *= values.dims[own];
  }
  return offset;
}

template <typename T>
MTC_INLINE T Accumulated(T old, T value) {
  if constexpr (std::is_same_v<T, Bool>) {
    return old || value;
  } else {
    return static_cast<T>(Add(static_cast<Compute<T>>(old), static_cast<Compute<T>>(value)));
  }
}

// On one thread: several values may be written to one place, in their order.
template <typename T>
Status RunIndexPut(KernelContext& context, const IndexPutArgs& args) {
  const Tensor &x = *args.x, &values = *args.values;
  MTC_RETURN_IF_ERROR(CheckPlaces(context, x, args.indices));
  CopyUnlessInPlace(x.data, args.out->data, static_cast<size_t>(x.count()) * sizeof(T));
  const Places places = PlacesOf(x, args.indices);
  const int64_t total = places.count * places.inner;
  int64_t dims[kMaxRank];
  int rank = places.rank;
  for (int i = 0; i < rank; ++i) dims[i] = places.dims[i];
  for (int i = static_cast<int>(args.indices.size()); i < x.rank; ++i) dims[rank++] = x.dims[i];
  const bool is_whole = values.count() == total;
  const T* from = values.as<T>();
  for (int64_t p = 0; total > 0 && p < places.count; ++p) {
    T* to = args.out->as<T>() + places(x, args.indices, p);
    for (int64_t i = 0; i < places.inner; ++i) {
      const int64_t at = p * places.inner + i;
      const T value = from[is_whole ? at : BroadcastOffset(values, dims, rank, at)];
      to[i] = args.accumulate ? Accumulated(to[i], value) : value;
    }
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(IndexPut)

}  // namespace MTC_PORTABLE
