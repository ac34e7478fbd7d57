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
using AbsQuantizedArgs = AbsArgs;

struct AcosArgs {
  const Tensor* x;
  Tensor* out;
};
using AcosQuantizedArgs = AcosArgs;

struct AcoshArgs {
  const Tensor* x;
  Tensor* out;
};
using AcoshQuantizedArgs = AcoshArgs;

struct AdaptiveAvgPool2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  Layout layout;
};
using AdaptiveAvgPool2dQuantizedArgs = AdaptiveAvgPool2dArgs;

struct AddArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};
using AddQuantizedArgs = AddArgs;

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
using AmaxQuantizedArgs = AmaxArgs;

struct AminArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};
using AminQuantizedArgs = AminArgs;

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
using AsinQuantizedArgs = AsinArgs;

struct AsinhArgs {
  const Tensor* x;
  Tensor* out;
};
using AsinhQuantizedArgs = AsinhArgs;

struct AtanArgs {
  const Tensor* x;
  Tensor* out;
};
using AtanQuantizedArgs = AtanArgs;

struct Atan2Args {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct AtanhArgs {
  const Tensor* x;
  Tensor* out;
};
using AtanhQuantizedArgs = AtanhArgs;

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
using AvgPool2dQuantizedArgs = AvgPool2dArgs;

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
using AvgPool3dQuantizedArgs = AvgPool3dArgs;

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
using CeilQuantizedArgs = CeilArgs;

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
using ClampQuantizedArgs = ClampArgs;

struct ConcatArgs {
  Span<const Tensor* const> xs;
  Tensor* out;
  int64_t axis;
};
using ConcatQuantizedArgs = ConcatArgs;

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
  bool dynamic;
};
using Conv1dQuantizedArgs = Conv1dArgs;
using Conv1dDynamicArgs = Conv1dArgs;

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
  bool dynamic;
};
using Conv2dQuantizedArgs = Conv2dArgs;
using Conv2dDynamicArgs = Conv2dArgs;

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
using Conv3dQuantizedArgs = Conv3dArgs;

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
using ConvTranspose2dQuantizedArgs = ConvTranspose2dArgs;

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
using ConvTranspose3dQuantizedArgs = ConvTranspose3dArgs;

struct CopyArgs {
  const Tensor* x;
  Tensor* out;
};
using CopyQuantizedArgs = CopyArgs;

struct CosArgs {
  const Tensor* x;
  Tensor* out;
};
using CosQuantizedArgs = CosArgs;

struct CoshArgs {
  const Tensor* x;
  Tensor* out;
};
using CoshQuantizedArgs = CoshArgs;

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

struct DequantizeArgs {
  const Tensor* x;
  Tensor* out;
  DType dtype;
};

struct DivArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
  Rounding rounding;
};
using DivQuantizedArgs = DivArgs;

struct EluArgs {
  const Tensor* x;
  Tensor* out;
  double alpha;
  double scale;
  double input_scale;
};
using EluQuantizedArgs = EluArgs;

struct EmbeddingArgs {
  const Tensor* weight;
  const Tensor* indices;
  Tensor* out;
};
using EmbeddingStoredArgs = EmbeddingArgs;

struct EqArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct ErfArgs {
  const Tensor* x;
  Tensor* out;
};
using ErfQuantizedArgs = ErfArgs;

struct ExpArgs {
  const Tensor* x;
  Tensor* out;
};
using ExpQuantizedArgs = ExpArgs;

struct Exp2Args {
  const Tensor* x;
  Tensor* out;
};
using Exp2QuantizedArgs = Exp2Args;

struct ExpandArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shape;
};
using ExpandQuantizedArgs = ExpandArgs;

struct Expm1Args {
  const Tensor* x;
  Tensor* out;
};
using Expm1QuantizedArgs = Expm1Args;

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
using FlipQuantizedArgs = FlipArgs;

struct FloorArgs {
  const Tensor* x;
  Tensor* out;
};
using FloorQuantizedArgs = FloorArgs;

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
using GatherQuantizedArgs = GatherArgs;

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
using GeluQuantizedArgs = GeluArgs;

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
using GroupNormQuantizedArgs = GroupNormArgs;

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
using GruStoredArgs = GruArgs;

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
using HardshrinkQuantizedArgs = HardshrinkArgs;

struct HardsigmoidArgs {
  const Tensor* x;
  Tensor* out;
};
using HardsigmoidQuantizedArgs = HardsigmoidArgs;

struct HardswishArgs {
  const Tensor* x;
  Tensor* out;
};
using HardswishQuantizedArgs = HardswishArgs;

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
using IndexQuantizedArgs = IndexArgs;

struct IndexCopyArgs {
  const Tensor* x;
  const Tensor* index;
  const Tensor* source;
  Tensor* out;
  int64_t axis;
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
using IndexSelectQuantizedArgs = IndexSelectArgs;

struct IntegerLinearArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const double> clamp;
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
using LayerNormQuantizedArgs = LayerNormArgs;

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
using LeakyReluQuantizedArgs = LeakyReluArgs;

struct LgammaArgs {
  const Tensor* x;
  Tensor* out;
};
using LgammaQuantizedArgs = LgammaArgs;

struct LinearArgs {
  const Tensor* x;
  const Tensor* weight;
  const Tensor* bias;
  Tensor* out;
  Span<const double> clamp;
  bool dynamic;
};
using LinearQuantizedArgs = LinearArgs;
using LinearStoredArgs = LinearArgs;

struct LocalResponseNormArgs {
  const Tensor* x;
  Tensor* out;
  int64_t size;
  double alpha;
  double beta;
  double k;
};
using LocalResponseNormQuantizedArgs = LocalResponseNormArgs;

struct LogArgs {
  const Tensor* x;
  Tensor* out;
};
using LogQuantizedArgs = LogArgs;

struct Log10Args {
  const Tensor* x;
  Tensor* out;
};
using Log10QuantizedArgs = Log10Args;

struct Log1pArgs {
  const Tensor* x;
  Tensor* out;
};
using Log1pQuantizedArgs = Log1pArgs;

struct Log2Args {
  const Tensor* x;
  Tensor* out;
};
using Log2QuantizedArgs = Log2Args;

struct LogSigmoidArgs {
  const Tensor* x;
  Tensor* out;
};
using LogSigmoidQuantizedArgs = LogSigmoidArgs;

struct LogSoftmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};
using LogSoftmaxQuantizedArgs = LogSoftmaxArgs;

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
using LstmStoredArgs = LstmArgs;

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
using MatmulQuantizedArgs = MatmulArgs;

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
using MaxPool2dQuantizedArgs = MaxPool2dArgs;

struct MaxPool3dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> kernel_size;
  Span<const int64_t> stride;
  Span<const int64_t> padding;
  Span<const int64_t> dilation;
  bool ceil_mode;
};
using MaxPool3dQuantizedArgs = MaxPool3dArgs;

struct MaximumArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};
using MaximumQuantizedArgs = MaximumArgs;

struct MeanArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};
using MeanQuantizedArgs = MeanArgs;

struct MinimumArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};
using MinimumQuantizedArgs = MinimumArgs;

struct MishArgs {
  const Tensor* x;
  Tensor* out;
};
using MishQuantizedArgs = MishArgs;

struct MulArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};
using MulQuantizedArgs = MulArgs;

struct NeArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct NegArgs {
  const Tensor* x;
  Tensor* out;
};
using NegQuantizedArgs = NegArgs;

struct PadArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> padding;
  PadMode mode;
  double value;
};
using PadQuantizedArgs = PadArgs;

struct PermuteArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> dims;
};
using PermuteQuantizedArgs = PermuteArgs;

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
using PreluQuantizedArgs = PreluArgs;

struct ProdArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};

struct QuantizeArgs {
  const Tensor* x;
  Tensor* out;
  DType dtype;
};

struct ReciprocalArgs {
  const Tensor* x;
  Tensor* out;
};
using ReciprocalQuantizedArgs = ReciprocalArgs;

struct ReluArgs {
  const Tensor* x;
  Tensor* out;
};
using ReluQuantizedArgs = ReluArgs;

struct RemainderArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

struct RequantizeArgs {
  const Tensor* x;
  Tensor* out;
  DType dtype;
};

struct ReshapeArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shape;
};
using ReshapeQuantizedArgs = ReshapeArgs;

struct RmsNormArgs {
  const Tensor* x;
  const Tensor* weight;
  Tensor* out;
  int64_t normalized_axes;
  double eps;
};
using RmsNormQuantizedArgs = RmsNormArgs;

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
using RnnStoredArgs = RnnArgs;

struct RollArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> shifts;
  Span<const int64_t> axes;
};
using RollQuantizedArgs = RollArgs;

struct RotaryEmbeddingArgs {
  const Tensor* x;
  const Tensor* cos;
  const Tensor* sin;
  Tensor* out;
  bool interleaved;
};

struct RoundArgs {
  const Tensor* x;
  Tensor* out;
};
using RoundQuantizedArgs = RoundArgs;

struct RsqrtArgs {
  const Tensor* x;
  Tensor* out;
};
using RsqrtQuantizedArgs = RsqrtArgs;

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
using SigmoidQuantizedArgs = SigmoidArgs;

struct SignArgs {
  const Tensor* x;
  Tensor* out;
};
using SignQuantizedArgs = SignArgs;

struct SiluArgs {
  const Tensor* x;
  Tensor* out;
};
using SiluQuantizedArgs = SiluArgs;

struct SinArgs {
  const Tensor* x;
  Tensor* out;
};
using SinQuantizedArgs = SinArgs;

struct SinhArgs {
  const Tensor* x;
  Tensor* out;
};
using SinhQuantizedArgs = SinhArgs;

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
using SliceQuantizedArgs = SliceArgs;

struct SoftmaxArgs {
  const Tensor* x;
  Tensor* out;
  int64_t axis;
};
using SoftmaxQuantizedArgs = SoftmaxArgs;

struct SoftplusArgs {
  const Tensor* x;
  Tensor* out;
  double beta;
  double threshold;
};
using SoftplusQuantizedArgs = SoftplusArgs;

struct SoftshrinkArgs {
  const Tensor* x;
  Tensor* out;
  double lambd;
};
using SoftshrinkQuantizedArgs = SoftshrinkArgs;

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
using SqrtQuantizedArgs = SqrtArgs;

struct SquareArgs {
  const Tensor* x;
  Tensor* out;
};
using SquareQuantizedArgs = SquareArgs;

struct SubArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};
using SubQuantizedArgs = SubArgs;

struct SumArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  bool keepdim;
};
using SumQuantizedArgs = SumArgs;

struct TanArgs {
  const Tensor* x;
  Tensor* out;
};
using TanQuantizedArgs = TanArgs;

struct TanhArgs {
  const Tensor* x;
  Tensor* out;
};
using TanhQuantizedArgs = TanhArgs;

struct ThresholdArgs {
  const Tensor* x;
  Tensor* out;
  double threshold;
  double value;
};
using ThresholdQuantizedArgs = ThresholdArgs;

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
using TruncQuantizedArgs = TruncArgs;

struct UpsampleBicubic2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  bool align_corners;
  Span<const double> scales;
  Layout layout;
};
using UpsampleBicubic2dQuantizedArgs = UpsampleBicubic2dArgs;

struct UpsampleBilinear2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  bool align_corners;
  Span<const double> scales;
  Layout layout;
};
using UpsampleBilinear2dQuantizedArgs = UpsampleBilinear2dArgs;

struct UpsampleNearest2dArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> size;
  Span<const double> scales;
  bool exact;
  Layout layout;
};
using UpsampleNearest2dQuantizedArgs = UpsampleNearest2dArgs;

struct VarArgs {
  const Tensor* x;
  Tensor* out;
  Span<const int64_t> axes;
  double correction;
  bool keepdim;
};
using VarQuantizedArgs = VarArgs;

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
