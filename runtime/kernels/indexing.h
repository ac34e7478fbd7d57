// Places that index tensors name.

#ifndef MTC_KERNELS_INDEXING_H_
#define MTC_KERNELS_INDEXING_H_

#include <cstring>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"

namespace mtc::kernels {

inline constexpr int64_t kIndexGrain = 4096;  // places worth another thread

// What an operator that changes a part of its first operand begins with.
inline void CopyUnlessInPlace(const void* from, void* to, size_t bytes) {
  if (from != to) std::memcpy(to, from, bytes);
}

// Whether all indices are in [low, high).
inline Status CheckIndices(KernelContext& context, const Tensor& indices, int64_t low, int64_t high) {
  const int64_t* values = indices.as<int64_t>();
  const int64_t count = indices.count();
  bool fits = true;
  for (int64_t i = 0; i < count; ++i) fits &= values[i] >= low && values[i] < high;
  if (fits) return Status::kOk;
  int64_t i = 0;
  while (values[i] >= low && values[i] < high) ++i;
  return context.Fail(Status::kRunFailed, "index %lld of an axis of %lld elements", static_cast<long long>(values[i]),
                      static_cast<long long>(high));
}

// `index` has the rank of `x`, and is no larger but along `axis`; -1 is no axis.
inline Status CheckBeside(PrepareContext& context, const Tensor& x, const Tensor& index, int axis) {
  bool fits = (x.rank > 0 ? x.rank : 1) == (index.rank > 0 ? index.rank : 1);
  for (int i = 0; fits && i < index.rank && i < x.rank; ++i) fits = i == axis || index.dims[i] <= x.dims[i];
  if (fits && index.rank != x.rank && axis != 0) {
    fits = index.count() <= 1 && (axis > 0 || x.count() >= index.count());
  }
  return fits ? Status::kOk : context.Fail(Status::kInvalidArgument, "index is larger than what it stands beside");
}

// Elements of `x` from one to the next along `axis`.
inline int64_t StepOf(const Tensor& x, int axis) {
  int64_t step = 1;
  for (int i = axis + 1; i < x.rank; ++i) step *= x.dims[i];
  return step;
}

// Where row `row` (along the last axis) of a tensor shaped `shape` begins in `x`, at 0 along `axis`; -1 is no axis.
inline int64_t RowStart(const Tensor& shape, int64_t row, const Tensor& x, int axis) {
  int64_t start = 0, step = x.row_size();
  for (int i = shape.rank - 2; i >= 0; --i) {
    const int64_t at = row % shape.dims[i];
    row /= shape.dims[i];
    if (i != axis) start += at * step;
    step *= x.dims[i];
  }
  return start;
}

// The places x[indices]: index i counts along axis i, negative ones from the end; all are broadcast to `dims`.
struct Places {
  int64_t dims[kMaxRank];
  int rank = 0;
  int64_t count = 1;  // places
  int64_t inner = 1;  // elements at each

  // The first element at place `p`.
  int64_t operator()(const Tensor& x, Span<const Tensor* const> indices, int64_t p) const {
    int64_t offset = 0, step = inner;
    for (size_t k = indices.size(); k-- > 0;) {
      const Tensor& index = *indices[k];
      const int64_t value = index.as<int64_t>()[index.count() == count ? p : Broadcasted(index, p)];
      offset += (value < 0 ? value + x.dims[k] : value) * step;
      step *= x.dims[k];
    }
    return offset;
  }

 private:
  int64_t Broadcasted(const Tensor& index, int64_t p) const {
    int64_t offset = 0, step = 1;
    for (int i = rank - 1, own = index.rank - 1; own >= 0; --i, --own) {
      if (index.dims[own] != 1) offset += p % dims[i] * step;
      p /= dims[i];
      step *= index.dims[own];
    }
    return offset;
  }
};

// The places of operands that PreparePlaces has accepted.
inline Places PlacesOf(const Tensor& x, Span<const Tensor* const> indices) {
  Places places;
  for (const Tensor* index : indices) places.rank = index->rank > places.rank ? index->rank : places.rank;
  for (int i = 0; i < places.rank; ++i) {
    places.dims[i] = 1;
    for (const Tensor* index : indices) {
      const int own = i - (places.rank - index->rank);
      if (own >= 0 && index->dims[own] != 1) places.dims[i] = index->dims[own];
    }
    (void)__builtin_mul_overflow(places.count, places.dims[i], &places.count);  // Resize refuses what overflows
  }
  for (int i = static_cast<int>(indices.size()); i < x.rank; ++i) places.inner *= x.dims[i];
  return places;
}

// Derives the shape of x[indices].
inline Status PreparePlaces(PrepareContext& context, const Tensor& x, Span<const Tensor* const> indices, int64_t* shape,
                            int* rank) {
  if (indices.empty() || indices.size() > x.rank) {
    return context.Fail(Status::kInvalidProgram, "%zu indices for %d axes", indices.size(), x.rank);
  }
  const Places places = PlacesOf(x, indices);
  for (const Tensor* index : indices) {
    for (int own = 0; own < index->rank; ++own) {
      if (index->dims[own] == 1 || index->dims[own] == places.dims[places.rank - index->rank + own]) continue;
      return context.Fail(Status::kInvalidArgument, "the indices cannot be broadcast");
    }
  }
  const int rest = x.rank - static_cast<int>(indices.size());
  if (places.rank + rest > kMaxRank) return context.Fail(Status::kInvalidProgram, "the result has too many axes");
  *rank = places.rank + rest;
  for (int i = 0; i < places.rank; ++i) shape[i] = places.dims[i];
  for (int i = 0; i < rest; ++i) shape[places.rank + i] = x.dims[x.rank - rest + i];
  return Status::kOk;
}

inline Status CheckPlaces(KernelContext& context, const Tensor& x, Span<const Tensor* const> indices) {
  for (size_t i = 0; i < indices.size(); ++i) {
    MTC_RETURN_IF_ERROR(CheckIndices(context, *indices[i], -x.dims[i], x.dims[i]));
  }
  return Status::kOk;
}

// Derives the shape of the rows that an embedding looks up.
inline Status CheckEmbedding(PrepareContext& context, const EmbeddingArgs& args) {
  const Tensor& indices = *args.indices;
  if (args.weight->rank != 2 || indices.rank >= kMaxRank) {
    return context.Fail(Status::kInvalidProgram, "weights of rank %d by indices of rank %d", args.weight->rank,
                        indices.rank);
  }
  int64_t dims[kMaxRank];
  for (int i = 0; i < indices.rank; ++i) dims[i] = indices.dims[i];
  dims[indices.rank] = args.weight->dims[1];
  return context.Resize(args.out, {dims, size_t{indices.rank} + 1});
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_INDEXING_H_
