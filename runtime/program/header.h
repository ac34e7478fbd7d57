#ifndef MTC_PROGRAM_HEADER_H_
#define MTC_PROGRAM_HEADER_H_

#include <cstdint>

namespace mtc {

// The start of a .mtp file, little-endian. The segments and the tables (one FlatBuffer, schema/program.fbs) follow, in
// any order, each 64-byte aligned.
struct FileHeader {
  uint8_t magic[8];
  uint32_t version;
  uint32_t checksum;  // CRC-32 of all that follows the header, for tools that read it all: loading does not
  uint64_t tables_offset;
  uint64_t tables_size;
  uint64_t file_size;  // of the whole file, so that a truncated one is noticed
};
static_assert(sizeof(FileHeader) == 40, "as the file has it");

// Like PNG's: a text-mode transfer damages it.
inline constexpr uint8_t kFileMagic[8] = {0x89, 'M', 'T', 'P', '\r', '\n', 0x1a, '\n'};
inline constexpr uint32_t kFileVersion = 2;
inline constexpr uint64_t kFileAlignment = 64;

}  // namespace mtc

#endif  // MTC_PROGRAM_HEADER_H_
