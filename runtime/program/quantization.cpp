#include "program/quantization.h"

#include <algorithm>
#include <cmath>

#include "core/half.h"
#include "core/quantized.h"

namespace mtc {
namespace {

bool IsConstant(const schema::Program& tables, int32_t index) {
  return index >= 0 && index < static_cast<int64_t>(Count(tables.constants()));
}

const char* Problem(const schema::Program& tables, const schema::QParams& q) {
  if (!(q.scale() > 0) || !(q.scale() < HUGE_VALF)) return "a scale is not a positive number";
  if (q.axis() < -1 || q.axis() >= kMaxRank || q.block() < 0) return "impossible scales";
  const bool has_scales = q.axis() >= 0;
  if (has_scales != (q.scales() >= 0)) return "scales without an axis, or an axis without";
  if (!has_scales) return q.zero_points() == -1 && q.block() == 0 ? nullptr : "scales without an axis";
  if (!IsConstant(tables, q.scales())) return "scales that are not there";
  const schema::Constant& scales = *tables.constants()->Get(static_cast<uint32_t>(q.scales()));
  const bool is_float = scales.dtype() == schema::DType::f32 || scales.dtype() == schema::DType::f16;
  if (!is_float || Count(scales.dims()) != 1 || scales.encoded() != -1) return "scales of another type";
  if (q.zero_points() == -1) return nullptr;
  if (!IsConstant(tables, q.zero_points())) return "zero points that are not there";
  const schema::Constant& zeros = *tables.constants()->Get(static_cast<uint32_t>(q.zero_points()));
  const bool is_one_each = Count(zeros.dims()) == 1 && zeros.dims()->Get(0) == scales.dims()->Get(0);
  return zeros.dtype() == schema::DType::i32 && is_one_each ? nullptr : "zero points of another type";
}

}  // namespace

const char* QParamsProblem(const schema::Program& tables) {
  for (uint32_t i = 0; i < Count(tables.qparams()); ++i) {
    if (const char* reason = Problem(tables, *tables.qparams()->Get(i))) return reason;
  }
  return nullptr;
}

const char* QuantizationProblem(const schema::Program& tables, DType dtype, const flatbuffers::Vector<int64_t>* shape,
                                int32_t qparams) {
  if (qparams < 0 || qparams >= static_cast<int64_t>(Count(tables.qparams()))) return "scales that are not there";
  const schema::QParams& q = *tables.qparams()->Get(static_cast<uint32_t>(qparams));
  const Steps steps = StepsOf(dtype);
  if (q.zero_point() < steps.low || q.zero_point() > steps.high) return "a zero point that is none of its integers";
  if (q.axis() < 0) return nullptr;
  const auto dims = Items(shape);
  if (static_cast<size_t>(q.axis()) >= dims.size()) return "scales along an axis that is not there";
  const int64_t size = dims[static_cast<size_t>(q.axis())];
  int64_t count = 1;  // of elements; those of a constant are known to fit
  for (const int64_t dim : dims) {
    if (dim < 0) return "several scales of what has no fixed size";
    count *= dim;
  }
  const bool is_empty = count == 0;
  if (q.block() == 0) {
    count = size;
  } else {
    count = is_empty ? 0 : count / size * (size / q.block() + (size % q.block() != 0));
  }
  const schema::Constant& scales = *tables.constants()->Get(static_cast<uint32_t>(q.scales()));
  return scales.dims()->Get(0) == count ? nullptr : "more or fewer scales than it needs";
}

const char* EncodedProblem(const schema::Program& tables, uint32_t index) {
  const schema::Constant& c = *tables.constants()->Get(index);
  if (c.encoded() < 0 || c.encoded() >= static_cast<int64_t>(index)) return "it is made of what is not there";
  const schema::Constant& stored = *tables.constants()->Get(static_cast<uint32_t>(c.encoded()));
  const auto a = Items(c.dims()), b = Items(stored.dims());
  if (stored.encoded() != -1 || c.dtype() != schema::DType::f32 || Count(c.dims()) > kMaxRank ||
      !std::equal(a.begin(), a.end(), b.begin(), b.end())) {
    return "it is made of another type";
  }
  const DType dtype = ToDType(stored.dtype());
  if (IsQuantized(dtype)) return QuantizationProblem(tables, dtype, stored.dims(), c.qparams());
  return (dtype == DType::kF16 || dtype == DType::kBF16) && c.qparams() == -1 ? nullptr : "it is made of another type";
}

void Decode(const Tensor& stored, float* out) {
  const int64_t count = stored.count();
  if (stored.dtype == DType::kF16) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(stored.as<const Half>()[i]);
  } else if (stored.dtype == DType::kBF16) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(stored.as<const BFloat16>()[i]);
  } else {
    const Quantization& q = *stored.quantization;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t scale = ScaleIndex(stored, i);
      const float steps = static_cast<float>(StepAt(stored, i)) - static_cast<float>(ZeroPointAt(q, scale));
      out[i] = steps * ScaleAt(q, scale);
    }
  }
}

}  // namespace mtc
