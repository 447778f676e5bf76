// Element types of tensors in files.
#ifndef RTFQ_CORE_DTYPE_H_
#define RTFQ_CORE_DTYPE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace rtfq {

// Those of safetensors that a network or its training has. Their bytes are
// little-endian, and need not be aligned.
enum class DType {
  kBool,
  kU8,
  kI8,
  kU16,
  kI16,
  kF16,
  kBF16,
  kU32,
  kI32,
  kF32,
  kU64,
  kI64,
  kF64,
};

// "F32", as safetensors writes it.
const char* NameOf(DType dtype);
// The inverse, or nullopt for a name that is none of these.
std::optional<DType> DTypeNamed(std::string_view name);
// All names, for error messages.
inline constexpr char kDTypeNames[] =
    "BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, U64, I64 and F64";

// Bytes of an element: 1, 2, 4 or 8.
int64_t SizeOf(DType dtype);
// F16, BF16, F32, F64.
bool IsFloatingPoint(DType dtype);

// The element at `bytes` (SizeOf(dtype) of them). All types but U64 and I64
// beyond 2^53 are exact.
double LoadDouble(DType dtype, const char* bytes);
// The element of an integer type or bool; nullopt for a U64 beyond int64_t.
// CHECKs that the type is not a floating-point one.
std::optional<int64_t> LoadInt(DType dtype, const char* bytes);

// IEEE 754 binary16: subnormals, infinities and NaN included.
float FloatFromF16(uint16_t bits);

}  // namespace rtfq

#endif  // RTFQ_CORE_DTYPE_H_
