// Sums and means by XNNPACK's microkernels: its operator for reductions brings in all that it has.

#ifndef MTC_KERNELS_XNNPACK_SUMS_H_
#define MTC_KERNELS_XNNPACK_SUMS_H_

#include <algorithm>
#include <cstring>

#include "kernels/xnnpack/elementwise.h"

namespace MTC_XNNPACK {

// The axes as three: `count` elements are added, for each of `outer` and each of `inner`.
struct SumAxes : KernelState {
  int64_t outer = 1;
  int64_t count = 1;
  int64_t inner = 1;
};

struct SumState : SumAxes {
  xnn_reduce_ukernel_fn along_row = nullptr;
  xnn_rdsum_ukernel_fn along_column = nullptr;
  xnn_reduce_params params = {};
};

inline constexpr int64_t kColumns = 64;  // channels that one call of the microkernel sums at the same time
// Elements that one call adds up, whose error grows with their number; what calls give is added in f64.
inline constexpr int64_t kMostInRow = 8192, kMostInColumn = 256;

// The microkernels add to what is there.
inline float SumOfPart(const SumState& state, const float* x, int64_t count) {
  float total = 0;
  state.along_row(count * sizeof(float), x, &total, &state.params);
  return total;
}

// Threads divide the rows, and where there are few of them the parts of each. `parts` has room for those of one row.
inline void SumRows(ThreadPool* threads, const SumState& state, const float* x, float* parts, float* out) {
  const int64_t count = (state.count - 1) / kMostInRow + 1;
  const auto part = [&](int64_t row, int64_t i) {
    const int64_t from = i * kMostInRow;
    return SumOfPart(state, x + row * state.count + from, std::min(kMostInRow, state.count - from));
  };
  if (count == 1) {
    ParallelFor(threads, state.outer, std::max<int64_t>(kElementGrain / state.count, 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) out[i] = part(i, 0);
                });
    return;
  }
  for (int64_t row = 0; row < state.outer; ++row) {
    ParallelFor(threads, count, std::max<int64_t>(kElementGrain / kMostInRow, 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) parts[i] = part(row, i);
    });
    double total = 0;
    for (int64_t i = 0; i < count; ++i) total += parts[i];
    out[row] = static_cast<float>(total);
  }
}

inline void SumColumns(const SumState& state, int64_t columns, const float* x, const void* zeros, float* out) {
  const auto add = [&](int64_t from, int64_t count, float* to) {
    std::memset(to, 0, columns * sizeof(float));
    state.along_column(count, columns, x + from * state.inner, state.inner * sizeof(float), zeros, to, &state.params);
  };
  if (state.count <= kMostInColumn) return add(0, state.count, out);
  double totals[kColumns] = {};
  for (int64_t at = 0; at < state.count; at += kMostInColumn) {
    add(at, std::min(kMostInColumn, state.count - at), out);
    for (int64_t j = 0; j < columns; ++j) totals[j] += out[j];
  }
  for (int64_t j = 0; j < columns; ++j) out[j] = static_cast<float>(totals[j]);
}

// The result's shape, and `axes` of x, which are neighbours, as three; empty for all of them.
inline Status PrepareSumAxes(PrepareContext& context, const Tensor& x, Span<const int64_t> axes, bool keepdim,
                             Tensor* out, SumAxes* result) {
  bool is_reduced[kMaxRank] = {};
  for (const int64_t given : axes) {
    int axis = 0;
    MTC_RETURN_IF_ERROR(NormalizeAxis(context, given, x.rank, &axis));
    is_reduced[axis] = true;
  }
  int64_t dims[kMaxRank];
  size_t rank = 0;
  int first = x.rank, last = -1, reduced = 0;
  for (int i = 0; i < x.rank; ++i) {
    if (axes.empty()) is_reduced[i] = true;
    if (is_reduced[i]) {
      first = std::min(first, i);
      last = i;
      ++reduced;
      if (keepdim) dims[rank++] = 1;
    } else {
      dims[rank++] = x.dims[i];
    }
  }
  if (reduced == 0 || last - first + 1 != reduced) {
    return context.Fail(Status::kInvalidProgram, "the axes of a sum are not neighbours");
  }
  MTC_RETURN_IF_ERROR(context.Resize(out, {dims, rank}));
  if (result == nullptr) return OutOfMemory(context);
  result->outer = result->count = result->inner = 1;
  for (int i = 0; i < x.rank; ++i) {
    (i < first ? result->outer : i > last ? result->inner : result->count) *= x.dims[i];
  }
  return Status::kOk;
}

// How to add up floats, and the scratch for it.
inline Status PrepareSums(PrepareContext& context, const Tensor& x, Span<const int64_t> axes, bool keepdim,
                          bool is_mean, Tensor* out) {
  auto* state = StateOf<SumState>(context);
  MTC_RETURN_IF_ERROR(PrepareSumAxes(context, x, axes, keepdim, out, state));
  const bool is_row = state->inner == 1;
  const xnn_reduce_config* config = is_row ? xnn_init_f32_rsum_config() : xnn_init_f32_rdsum_config();
  if (config == nullptr) return Unsupported(context);
  state->along_row = is_row ? config->ukernel : nullptr;
  state->along_column = is_row ? nullptr : config->rd_ukernel;
  config->update(&state->params, is_mean ? 1.0f / static_cast<float>(state->count) : 1.0f,
                 static_cast<int32_t>(state->count));
  if (is_row) {
    context.RequireScratch(1, state->count / kMostInRow + 1, sizeof(float));
  } else {  // zeros, which the microkernel reads for rows that are not there
    context.RequireScratch(1, state->inner, sizeof(float));
    context.RequireScratch(XNN_EXTRA_BYTES);
  }
  return Status::kOk;
}

inline Status RunSums(KernelContext& context, const float* x, const Tensor& result, float of_none) {
  const auto& state = *static_cast<const SumState*>(context.state.get());
  auto* out = result.as<float>();
  if (result.count() == 0) return Status::kOk;
  if (state.count == 0) {
    std::fill_n(out, result.count(), of_none);
    return Status::kOk;
  }
  if (state.along_row != nullptr) {
    SumRows(context.threads, state, x, static_cast<float*>(context.scratch), out);
    return Status::kOk;
  }
  std::memset(context.scratch, 0, context.scratch_size);
  const int64_t groups = (state.inner - 1) / kColumns + 1;
  const int64_t work = state.count * std::min(kColumns, state.inner);
  ParallelFor(context.threads, state.outer * groups, std::max<int64_t>(kElementGrain / work, 1),
              [&](int64_t begin, int64_t end) {
                while (begin < end) {
                  // As many columns as this range holds of one image, if their totals need not be kept.
                  const int64_t image = begin / groups, group = begin % groups;
                  const int64_t taken = state.count > kMostInColumn ? 1 : std::min(end - begin, groups - group);
                  const int64_t column = group * kColumns;
                  const int64_t columns = std::min(taken * kColumns, state.inner - column);
                  SumColumns(state, columns, x + image * state.count * state.inner + column, context.scratch,
                             out + image * state.inner + column);
                  begin += taken;
                }
              });
  return Status::kOk;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_SUMS_H_
