// Generated from mtc/ops by scripts/generate; do not edit.

#ifndef MTC_GENERATED_ARGS_H_
#define MTC_GENERATED_ARGS_H_

#include <cstdint>

#include "core/span.h"
#include "core/tensor.h"

namespace mtc {
class NestedFunction;
}  // namespace mtc

namespace mtc::kernels {

enum class Layout : uint8_t { kNchw, kNhwc };

struct AddArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct ClampArgs {
  const Tensor* x;
  Tensor* out;
  double min;
  double max;
};

struct ConcatArgs {
  Span<const Tensor* const> xs;
  Tensor* out;
  int64_t axis;
};

struct Conv1dArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  int64_t groups;
  Span<const double> clamp;
};

struct Conv2dArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  int64_t groups;
  Span<const double> clamp;
  Layout layout;
};

struct Conv3dArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  int64_t groups;
  Span<const double> clamp;
};

struct CopyArgs {
  const Tensor* x;
  Tensor* out;
};

struct HardsigmoidArgs {
  const Tensor* x;
  Tensor* out;
};

struct HardswishArgs {
  const Tensor* x;
  Tensor* out;
};

struct LeakyReluArgs {
  const Tensor* x;
  Tensor* out;
  double negative_slope;
};

struct LinearArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const double> clamp;
};

struct MatmulArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
  bool transpose_y;
};

struct MeanArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct MulArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct PermuteArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> dims;
};

struct ReluArgs {
  const Tensor* x;
  Tensor* out;
};

struct ReshapeArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shape;
};

struct SigmoidArgs {
  const Tensor* x;
  Tensor* out;
};

struct SoftmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};

struct SubArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

}  // namespace mtc::kernels

#endif  // MTC_GENERATED_ARGS_H_
