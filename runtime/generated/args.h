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

enum class Approximate : uint8_t { kNone, kTanh };
enum class Layout : uint8_t { kNchw, kNhwc };
enum class PadMode : uint8_t { kConstant, kReflect, kReplicate, kCircular };
enum class Rounding : uint8_t { kNone, kFloor, kTrunc };

struct AbsArgs {
  const Tensor* x;
  Tensor* out;
};

struct AcosArgs {
  const Tensor* x;
  Tensor* out;
};

struct AcoshArgs {
  const Tensor* x;
  Tensor* out;
};

struct AdaptiveAvgPool2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  Layout layout;
};

struct AddArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct AsinArgs {
  const Tensor* x;
  Tensor* out;
};

struct AsinhArgs {
  const Tensor* x;
  Tensor* out;
};

struct AtanArgs {
  const Tensor* x;
  Tensor* out;
};

struct Atan2Args {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct AtanhArgs {
  const Tensor* x;
  Tensor* out;
};

struct AvgPool2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> kernel_size;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  bool ceil_mode;
  bool count_include_pad;
  int64_t divisor_override;
  Span<const double> clamp;
  Layout layout;
};

struct CastArgs {
  const Tensor* x;
  Tensor* out;
  DType dtype;
};

struct CeilArgs {
  const Tensor* x;
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

struct ConvTranspose2dArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> output_padding;
  Span<const int64_t> dilation;
  int64_t groups;
  Span<const double> clamp;
  Layout layout;
};

struct CopyArgs {
  const Tensor* x;
  Tensor* out;
};

struct CosArgs {
  const Tensor* x;
  Tensor* out;
};

struct CoshArgs {
  const Tensor* x;
  Tensor* out;
};

struct DivArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
  Rounding rounding;
};

struct EluArgs {
  const Tensor* x;
  Tensor* out;
  double alpha;
  double scale;
  double input_scale;
};

struct ErfArgs {
  const Tensor* x;
  Tensor* out;
};

struct ExpArgs {
  const Tensor* x;
  Tensor* out;
};

struct Exp2Args {
  const Tensor* x;
  Tensor* out;
};

struct Expm1Args {
  const Tensor* x;
  Tensor* out;
};

struct FloorArgs {
  const Tensor* x;
  Tensor* out;
};

struct FmodArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct GeluArgs {
  const Tensor* x;
  Tensor* out;
  Approximate approximate;
};

struct HardshrinkArgs {
  const Tensor* x;
  Tensor* out;
  double lambd;
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

struct LogArgs {
  const Tensor* x;
  Tensor* out;
};

struct Log10Args {
  const Tensor* x;
  Tensor* out;
};

struct Log1pArgs {
  const Tensor* x;
  Tensor* out;
};

struct Log2Args {
  const Tensor* x;
  Tensor* out;
};

struct LogSigmoidArgs {
  const Tensor* x;
  Tensor* out;
};

struct MatmulArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
  bool transpose_y;
};

struct MaxPool2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> kernel_size;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  bool ceil_mode;
  Span<const double> clamp;
  Layout layout;
};

struct MaximumArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct MeanArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct MinimumArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct MishArgs {
  const Tensor* x;
  Tensor* out;
};

struct MulArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct NegArgs {
  const Tensor* x;
  Tensor* out;
};

struct PadArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> padding;
  PadMode mode;
  double value;
};

struct PermuteArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> dims;
};

struct PowArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct PreluArgs {
  const Tensor* x;
  const Tensor* weight;
  Tensor* out;
};

struct ReciprocalArgs {
  const Tensor* x;
  Tensor* out;
};

struct ReluArgs {
  const Tensor* x;
  Tensor* out;
};

struct RemainderArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct ReshapeArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shape;
};

struct RoundArgs {
  const Tensor* x;
  Tensor* out;
};

struct RsqrtArgs {
  const Tensor* x;
  Tensor* out;
};

struct SigmoidArgs {
  const Tensor* x;
  Tensor* out;
};

struct SignArgs {
  const Tensor* x;
  Tensor* out;
};

struct SiluArgs {
  const Tensor* x;
  Tensor* out;
};

struct SinArgs {
  const Tensor* x;
  Tensor* out;
};

struct SinhArgs {
  const Tensor* x;
  Tensor* out;
};

struct SoftmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};

struct SoftplusArgs {
  const Tensor* x;
  Tensor* out;
  double beta;
  double threshold;
};

struct SoftshrinkArgs {
  const Tensor* x;
  Tensor* out;
  double lambd;
};

struct SqrtArgs {
  const Tensor* x;
  Tensor* out;
};

struct SquareArgs {
  const Tensor* x;
  Tensor* out;
};

struct SubArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct TanArgs {
  const Tensor* x;
  Tensor* out;
};

struct TanhArgs {
  const Tensor* x;
  Tensor* out;
};

struct ThresholdArgs {
  const Tensor* x;
  Tensor* out;
  double threshold;
  double value;
};

struct TruncArgs {
  const Tensor* x;
  Tensor* out;
};

struct UpsampleBicubic2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  bool align_corners;
  Span<const double> scales;
  Layout layout;
};

struct UpsampleBilinear2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  bool align_corners;
  Span<const double> scales;
  Layout layout;
};

struct UpsampleNearest2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  Span<const double> scales;
  bool exact;
  Layout layout;
};

}  // namespace mtc::kernels

#endif  // MTC_GENERATED_ARGS_H_
