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
enum class Interpolation : uint8_t { kBilinear, kNearest, kBicubic };
enum class Layout : uint8_t { kNchw, kNhwc };
enum class Nonlinearity : uint8_t { kTanh, kRelu };
enum class Outside : uint8_t { kZeros, kBorder, kReflection };
enum class PadMode : uint8_t { kConstant, kReflect, kReplicate, kCircular };
enum class Reduce : uint8_t { kReplace, kSum, kProd, kAmax, kAmin };
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

struct AllArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct AmaxArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct AminArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct AnyArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct ArangeArgs {
  Tensor* out;
  Span<const int64_t> range;
};

struct ArgmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
  bool keepdim;
};

struct ArgminArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
  bool keepdim;
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

struct AvgPool3dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> kernel_size;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  bool ceil_mode;
  bool count_include_pad;
  int64_t divisor_override;
};

struct BatchNormArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  const Tensor* mean;
  const Tensor* variance;
  Tensor* out;
  double eps;
};

struct BitwiseAndArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct BitwiseLeftShiftArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct BitwiseNotArgs {
  const Tensor* x;
  Tensor* out;
};

struct BitwiseOrArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct BitwiseRightShiftArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct BitwiseXorArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
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

struct CheckSizesArgs {
  Span<const int64_t> sizes;
  Span<const int64_t> wanted;
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

struct CondArgs {
  const Tensor* predicate;
  Span<const Tensor* const> operands;
  Span<Tensor* const> out;
  NestedFunction* then;
  NestedFunction* otherwise;
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

struct ConvTranspose3dArgs {
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

struct CummaxArgs {
  const Tensor* x;
  Tensor* out0;
  Tensor* out1;
  int64_t axis;
};

struct CumminArgs {
  const Tensor* x;
  Tensor* out0;
  Tensor* out1;
  int64_t axis;
};

struct CumprodArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};

struct CumsumArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
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

struct EmbeddingArgs {
  const Tensor* weight;
  const Tensor* indices;
  Tensor* out;
};

struct EqArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
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

struct ExpandArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shape;
};

struct Expm1Args {
  const Tensor* x;
  Tensor* out;
};

struct FftArgs {
  const Tensor* real;
  const Tensor* imag;
  Tensor* out0;
  Tensor* out1;
  int64_t axis;
  bool inverse;
  bool onesided;
};

struct FlipArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
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

struct GatherArgs {
  const Tensor* x;
  const Tensor* index;
  Tensor* out;
  int64_t axis;
};

struct GeArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct GeluArgs {
  const Tensor* x;
  Tensor* out;
  Approximate approximate;
};

struct GridSampleArgs {
  const Tensor* x;
  const Tensor* grid;
  Tensor* out;
  Interpolation mode;
  Outside padding_mode;
  bool align_corners;
};

struct GroupNormArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  int64_t num_groups;
  double eps;
};

struct GruArgs {
  const Tensor* x;
  const Tensor* hidden;
  const Tensor* weight_ih;
  const Tensor* weight_hh;
  const Tensor* bias_ih;
  const Tensor* bias_hh;
  Tensor* out0;
  Tensor* out1;
  bool reverse;
  bool batch_first;
};

struct GtArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
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

struct HypotArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct IndexArgs {
  const Tensor* x;
  Span<const Tensor* const> indices;
  Tensor* out;
};

struct IndexPutArgs {
  const Tensor* x;
  const Tensor* values;
  Span<const Tensor* const> indices;
  Tensor* out;
  bool accumulate;
};

struct IndexSelectArgs {
  const Tensor* x;
  const Tensor* index;
  Tensor* out;
  int64_t axis;
};

struct IrfftArgs {
  const Tensor* real;
  const Tensor* imag;
  Tensor* out;
  int64_t axis;
  Span<const int64_t> size;
};

struct LayerNormArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  int64_t normalized_axes;
  double eps;
};

struct LeArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct LeakyReluArgs {
  const Tensor* x;
  Tensor* out;
  double negative_slope;
};

struct LgammaArgs {
  const Tensor* x;
  Tensor* out;
};

struct LinearArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const double> clamp;
};

struct LocalResponseNormArgs {
  const Tensor* x;
  Tensor* out;
  int64_t size;
  double alpha;
  double beta;
  double k;
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

struct LogSoftmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};

struct LogcumsumexpArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};

struct LogicalAndArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct LogicalNotArgs {
  const Tensor* x;
  Tensor* out;
};

struct LogicalOrArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct LogicalXorArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct LogsumexpArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct LstmArgs {
  const Tensor* x;
  const Tensor* hidden;
  const Tensor* cell;
  const Tensor* weight_ih;
  const Tensor* weight_hh;
  const Tensor* bias;
  Tensor* out0;
  Tensor* out1;
  Tensor* out2;
  bool reverse;
  bool batch_first;
};

struct LtArgs {
  const Tensor* x;
  const Tensor* y;
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

struct MaxPool3dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> kernel_size;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  bool ceil_mode;
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

struct NeArgs {
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

struct ProdArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
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

struct RmsNormArgs {
  const Tensor* x;
  const Tensor* weight;
  Tensor* out;
  int64_t normalized_axes;
  double eps;
};

struct RnnArgs {
  const Tensor* x;
  const Tensor* hidden;
  const Tensor* weight_ih;
  const Tensor* weight_hh;
  const Tensor* bias;
  Tensor* out0;
  Tensor* out1;
  Nonlinearity nonlinearity;
  bool reverse;
  bool batch_first;
};

struct RollArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shifts;
  Span<const int64_t> axes;
};

struct RoundArgs {
  const Tensor* x;
  Tensor* out;
};

struct RsqrtArgs {
  const Tensor* x;
  Tensor* out;
};

struct ScaledDotProductAttentionArgs {
  const Tensor* query;
  const Tensor* key;
  const Tensor* value;
  const Tensor* mask;
  Tensor* out;
  double scale;
  bool is_causal;
  bool enable_gqa;
};

struct ScanArgs {
  Span<const Tensor* const> operands;
  Span<Tensor* const> out;
  int64_t carried;
  int64_t scanned;
  NestedFunction* body;
};

struct ScatterArgs {
  const Tensor* x;
  const Tensor* index;
  const Tensor* src;
  Tensor* out;
  int64_t axis;
  Reduce reduce;
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

struct SizeToTensorArgs {
  Tensor* out;
  Span<const int64_t> sizes;
};

struct SliceArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> begin;
  Span<const int64_t> end;
  Span<const int64_t> step;
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

struct SortArgs {
  const Tensor* x;
  Tensor* out0;
  Tensor* out1;
  int64_t axis;
  bool descending;
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

struct SumArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
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

struct TopkArgs {
  const Tensor* x;
  Tensor* out0;
  Tensor* out1;
  int64_t k;
  int64_t axis;
  bool largest;
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

struct VarArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  double correction;
  bool keepdim;
};

struct WhereArgs {
  const Tensor* condition;
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct WhileLoopArgs {
  Span<const Tensor* const> operands;
  Span<Tensor* const> out;
  int64_t carried;
  NestedFunction* condition;
  NestedFunction* body;
};

}  // namespace mtc::kernels

#endif  // MTC_GENERATED_ARGS_H_
