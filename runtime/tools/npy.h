// NumPy's .npy files, as far as tensors need them: C order, little-endian, format versions 1 to 3
// (numpy.lib.format). bf16, which NumPy lacks, is stored as raw two-byte elements (V2).

#ifndef MTC_TOOLS_NPY_H_
#define MTC_TOOLS_NPY_H_

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "mtc/mtc.h"
#include "tools/output_file.h"
#include "tools/text.h"

namespace mtc::tools {

struct Npy {
  mtc_dtype dtype = MTC_F32;
  std::vector<int64_t> dims;
  std::vector<uint8_t> data;
};

inline size_t ElementSize(mtc_dtype dtype) {
  constexpr uint8_t kSizes[] = {4, 8, 2, 2, 1, 1, 2, 4, 8, 1};
  return kSizes[dtype];
}

inline constexpr const char* kNpyTypes[] = {"<f4", "<f8", "<f2", "<V2", "|i1", "|u1", "<i2", "<i4", "<i8", "|b1"};
inline constexpr int kNpyTypeCount = 10;
inline constexpr char kNpyMagic[] = "\x93NUMPY";
inline constexpr size_t kNpyMagicSize = 6;

// The text of a header's entry, from its value on; null if it is not there.
inline const char* NpyEntry(const Text& header, const char* key) {
  const size_t at = header.find(Text("'") + key + "':");
  if (at == Text::npos) return nullptr;
  const char* value = header.c_str() + at + strlen(key) + 3;
  while (*value == ' ') ++value;
  return value;
}

// Why the header does not describe an array we take; null if it does.
inline const char* ParseNpyHeader(const Text& header, Npy* out, size_t* bytes) {
  constexpr const char* kDamaged = "its header is damaged";
  const char* type = NpyEntry(header, "descr");
  const char* order = NpyEntry(header, "fortran_order");
  const char* shape = NpyEntry(header, "shape");
  if (type == nullptr || order == nullptr || shape == nullptr || *shape++ != '(') return kDamaged;
  if (strncmp(order, "False", 5) != 0) return "it is in Fortran order; save np.ascontiguousarray(array)";
  if (*type == '\0') return kDamaged;
  int index = 0;
  while (index < kNpyTypeCount && strncmp(type + 1, kNpyTypes[index], 3) != 0) ++index;
  if (index == kNpyTypeCount) {
    if (strncmp(type + 1, "|V2", 3) != 0) return "its elements have a type or byte order that tensors have not";
    index = MTC_BF16;
  }
  out->dtype = static_cast<mtc_dtype>(index);
  *bytes = ElementSize(out->dtype);
  for (;;) {
    while (*shape == ' ' || *shape == ',') ++shape;
    if (*shape == ')') return nullptr;
    char* end;
    errno = 0;
    const long long dim = strtoll(shape, &end, 10);
    if (end == shape || errno != 0 || dim < 0) return kDamaged;
    if (out->dims.size() == MTC_MAX_RANK) return "it has too many axes";
    if (__builtin_mul_overflow(*bytes, static_cast<size_t>(dim), bytes)) return kDamaged;
    out->dims.push_back(dim);
    shape = end;
  }
}

// Why the file cannot be read; empty if it was.
inline Text ReadNpy(const char* path, Npy* out) {
  FILE* file = OpenFile(path, "rb");
  if (file == nullptr) return strerror(errno);
  *out = {};
  uint8_t start[12] = {};
  Text header, reason = "it is not a .npy file";
  size_t bytes = 0;
  if (fread(start, 1, 10, file) == 10 && memcmp(start, kNpyMagic, kNpyMagicSize) == 0) {
    size_t length = static_cast<size_t>(start[8] | start[9] << 8);
    if (start[6] >= 2 && fread(start + 10, 1, 2, file) == 2) length |= static_cast<size_t>(start[10]) << 16;
    header.resize(length);
    const char* fault = "its header is cut off";
    if (fread(&header[0], 1, length, file) == length) fault = ParseNpyHeader(header, out, &bytes);
    if (fault != nullptr) {
      reason = fault;
    } else {
      // The file says how much there is; a header that promises more must not make us ask for it.
      const long at = ftell(file);
      fseek(file, 0, SEEK_END);
      const long end = ftell(file);
      fseek(file, at, SEEK_SET);
      reason = "it is shorter than its header says";
      if (at >= 0 && end >= at && static_cast<size_t>(end - at) >= bytes) {
        out->data.resize(bytes);
        if (fread(out->data.data(), 1, bytes, file) == bytes) reason.clear();
      }
    }
  }
  fclose(file);
  return reason;
}

// Why the file cannot be written; empty if it was.
inline Text WriteNpy(const char* path, const mtc_tensor& tensor) {
  Text header = Text("{'descr': '") + kNpyTypes[tensor.dtype] + "', 'fortran_order': False, 'shape': (";
  for (uint32_t i = 0; i < tensor.rank; ++i) header += Number(tensor.dims[i]) + (tensor.rank == 1 ? "," : ", ");
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');  // the data starts at a multiple of 64
  header += '\n';
  OutputFile output(path);
  FILE* file = output.get();
  if (file == nullptr) return strerror(errno);
  const uint8_t start[] = {1, 0, static_cast<uint8_t>(header.size()), static_cast<uint8_t>(header.size() >> 8)};
  const bool is_written = fwrite(kNpyMagic, 1, kNpyMagicSize, file) == kNpyMagicSize &&
                          fwrite(start, 1, sizeof(start), file) == sizeof(start) &&
                          fwrite(header.data(), 1, header.size(), file) == header.size() &&
                          fwrite(tensor.data, 1, tensor.size, file) == tensor.size;
  return is_written ? output.Finish() : Text(strerror(errno));
}

}  // namespace mtc::tools

#endif  // MTC_TOOLS_NPY_H_
