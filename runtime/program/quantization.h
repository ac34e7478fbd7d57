// Scales and zero points of a program: whether they are sound, what they are, and the constants that they decode.

#ifndef MTC_PROGRAM_QUANTIZATION_H_
#define MTC_PROGRAM_QUANTIZATION_H_

#include <cstdint>

#include "core/tensor.h"
#include "program/tables.h"

namespace mtc {

// Why a program's list of scales is not sound by itself; null if it is. Its constants have been verified.
const char* QParamsProblem(const schema::Program& tables);
// Why entry `qparams` of it does not fit a quantized tensor; null if it does.
const char* QuantizationProblem(const schema::Program& tables, DType dtype, const flatbuffers::Vector<int64_t>* dims,
                                int32_t qparams);
// Why constant `index`, which says that it is made of another, is not; null if it is.
const char* EncodedProblem(const schema::Program& tables, uint32_t index);

// Fills `out` with the real numbers that `stored`, of half precision or quantized, stands for.
void Decode(const Tensor& stored, float* out);

}  // namespace mtc

#endif  // MTC_PROGRAM_QUANTIZATION_H_
