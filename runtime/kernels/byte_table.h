// Looks bytes up in a table of 256, as functions of one quantized element are computed.

#ifndef MTC_KERNELS_BYTE_TABLE_H_
#define MTC_KERNELS_BYTE_TABLE_H_

#include <cstdint>

#include "core/isa.h"
#include "kernels/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace MTC_PORTABLE {

#if defined(__x86_64__)
// Called on processors that have the instructions, whatever the file that includes this is compiled for. Each returns
// how many it has done.
[[gnu::target("avx512f,avx512bw,avx512vbmi")]] inline int64_t LookUpVbmi(const uint8_t* table, const uint8_t* from,
                                                                         uint8_t* to, int64_t count) {
  __m512i quarters[4];
  for (int i = 0; i < 4; ++i) quarters[i] = _mm512_loadu_si512(table + 64 * i);
  int64_t i = 0;
  for (; i + 64 <= count; i += 64) {
    const __m512i x = _mm512_loadu_si512(from + i);
    const __m512i low = _mm512_permutex2var_epi8(quarters[0], x, quarters[1]);
    const __m512i high = _mm512_permutex2var_epi8(quarters[2], x, quarters[3]);
    _mm512_storeu_si512(to + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
  }
  return i;
}

[[gnu::target("avx2")]] inline int64_t LookUpAvx2(const uint8_t* table, const uint8_t* from, uint8_t* to,
                                                  int64_t count) {
  // Rows of 16, each but the first less the one before it: what a row gives beyond the ones that hold an element is
  // taken away again, and a shuffle gives nothing for an index that is negative.
  __m256i rows[16];
  for (int i = 0; i < 16; ++i) {
    rows[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
  }
  for (int i = 15; i > 0; --i) rows[i] = _mm256_xor_si256(rows[i], i == 8 ? _mm256_setzero_si256() : rows[i - 1]);
  const __m256i sixteen = _mm256_set1_epi8(16);
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    __m256i index = x, low = _mm256_shuffle_epi8(rows[0], index);
    for (int k = 1; k < 8; ++k) {
      index = _mm256_sub_epi8(index, sixteen);
      low = _mm256_xor_si256(low, _mm256_shuffle_epi8(rows[k], index));
    }
    index = _mm256_xor_si256(x, _mm256_set1_epi8(static_cast<char>(0x80)));
    __m256i high = _mm256_shuffle_epi8(rows[8], index);
    for (int k = 9; k < 16; ++k) {
      index = _mm256_sub_epi8(index, sixteen);
      high = _mm256_xor_si256(high, _mm256_shuffle_epi8(rows[k], index));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_blendv_epi8(low, high, x));
  }
  return i;
}
#elif defined(__aarch64__)
inline int64_t LookUpNeon(const uint8_t* table, const uint8_t* from, uint8_t* to, int64_t count) {
  uint8x16x4_t quarters[4];
  for (int i = 0; i < 4; ++i) quarters[i] = vld1q_u8_x4(table + 64 * i);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const uint8x16_t x = vld1q_u8(from + i);
    uint8x16_t found = vqtbl4q_u8(quarters[0], x);  // 0 where the index is beyond 63
    for (int k = 1; k < 4; ++k) found = vqtbx4q_u8(found, quarters[k], vsubq_u8(x, vdupq_n_u8(64 * k)));
    vst1q_u8(to + i, found);
  }
  return i;
}
#endif

// What each element becomes.
struct ByteTable {
  uint8_t values[256];
  bool has_vbmi = HasVbmi();

  // to[i] = values[from[i]]; `to` may be `from`.
  void LookUp([[maybe_unused]] Isa isa, const uint8_t* from, uint8_t* to, int64_t count) const {
    int64_t i = 0;
#if defined(__x86_64__)
    if (isa == Isa::kAvx512 && has_vbmi) {
      i = LookUpVbmi(values, from, to, count);
    } else if (isa != Isa::kBase) {
      i = LookUpAvx2(values, from, to, count);
    }
#elif defined(__aarch64__)
    i = LookUpNeon(values, from, to, count);
#endif
    for (; i < count; ++i) to[i] = values[from[i]];
  }
};

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_BYTE_TABLE_H_
