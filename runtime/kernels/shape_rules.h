// What Prepare checks, shared by the kernels of all libraries. Prepare stands only at the base instruction-set level.

#ifndef MTC_KERNELS_SHAPE_RULES_H_
#define MTC_KERNELS_SHAPE_RULES_H_

#include "kernels/kernel.h"

namespace mtc::kernels {

// The result is shaped like `x`.
inline Status SameShape(PrepareContext& context, const Tensor* x, Tensor* out) {
  return context.Resize(out, x->shape());
}

// The result has the shape that all operands broadcast to, as NumPy does.
inline Status BroadcastShape(PrepareContext& context, Span<const Tensor* const> operands, Tensor* out) {
  int64_t dims[kMaxRank];
  int rank = 0;
  for (const Tensor* x : operands) rank = x->rank > rank ? x->rank : rank;
  for (int axis = 0; axis < rank; ++axis) {
    dims[axis] = 1;
    for (const Tensor* x : operands) {
      const int own = axis - (rank - x->rank);
      if (own < 0 || x->dims[own] == 1 || x->dims[own] == dims[axis]) continue;
      if (dims[axis] != 1) {
        return context.Fail(Status::kInvalidArgument, "sizes %lld and %lld of axis %d cannot be broadcast",
                            static_cast<long long>(dims[axis]), static_cast<long long>(x->dims[own]), axis);
      }
      dims[axis] = x->dims[own];
    }
  }
  return context.Resize(out, {dims, static_cast<size_t>(rank)});
}

inline Status BroadcastShape(PrepareContext& context, const Tensor* x, const Tensor* y, Tensor* out) {
  const Tensor* operands[] = {x, y};
  return BroadcastShape(context, operands, out);
}

// Counts `axis` from the front. A scalar has one axis of size 1.
inline Status NormalizeAxis(PrepareContext& context, int64_t axis, int rank, int* result) {
  const int axes = rank > 0 ? rank : 1;
  *result = 0;
  if (axis < -axes || axis >= axes) {
    return context.Fail(Status::kInvalidProgram, "axis %lld of a tensor of rank %d", static_cast<long long>(axis),
                        rank);
  }
  *result = static_cast<int>(axis < 0 ? axis + axes : axis);
  return Status::kOk;
}

// Axis `axis`, known to be in range, counted from the front.
constexpr int FrontAxis(int64_t axis, int rank) {
  return static_cast<int>(axis < 0 ? axis + (rank > 0 ? rank : 1) : axis);
}

// (lo, hi) that a fused clamp may have.
inline Status CheckClamp(PrepareContext& context, Span<const double> clamp) {
  if (clamp.size() == 2 && clamp[0] <= clamp[1]) return Status::kOk;
  return context.Fail(Status::kInvalidProgram, "clamp is not an interval");
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_SHAPE_RULES_H_
