// SHA-256 (FIPS 180-4), for checksums of files.
#ifndef RTFQ_CORE_SHA256_H_
#define RTFQ_CORE_SHA256_H_

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace rtfq {

// The digest of bytes that arrive in pieces: how they are cut does not matter.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  // 64 lower-case hexadecimal digits of all bytes so far. Call it once, last.
  std::string HexDigest();

 private:
  evp_md_ctx_st* context_;
};

std::string Sha256Hex(std::string_view bytes);

}  // namespace rtfq

#endif  // RTFQ_CORE_SHA256_H_
