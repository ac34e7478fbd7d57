// FlatBuffers' checks of a buffer, led by a table of the schema's fields. The code that flatc generates for them, a
// function for each kind of table, is more than three times as large.

#ifndef MTC_PROGRAM_TABLE_WALK_H_
#define MTC_PROGRAM_TABLE_WALK_H_

#include <cstddef>
#include <cstdint>

namespace mtc {

// What a field of a table is.
enum class FieldShape : uint8_t { kScalar, kText, kScalars, kTexts, kTables };

struct FieldLayout {
  FieldShape shape;
  uint8_t detail;  // kScalar and kScalars: bytes of one; kTables: which table
};

// Whether every offset of the buffer leads to a whole object inside of it, so that the generated accessors may read it.
// `root` is a row of kTableEnds (generated/program_layout.h); `identifier` is null for a buffer without one.
bool IsWholeBuffer(const uint8_t* data, size_t size, uint8_t root, const char* identifier);

}  // namespace mtc

#endif  // MTC_PROGRAM_TABLE_WALK_H_
