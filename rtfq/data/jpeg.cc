#include "rtfq/data/jpeg.h"

// jpeglib.h needs size_t and FILE declared before it.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"

// libjpeg reports an error by calling a function that must not return. Ours
// jumps back to the setjmp of the method below that called libjpeg; those
// methods, and libjpeg, hold nothing that a destructor would have to release.

namespace rtfq {
namespace {

struct ErrorHandler {
  jpeg_error_mgr base;  // first: libjpeg's pointer to it is one to us
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void Fail(j_common_ptr info, const char* message) {
  auto* handler = reinterpret_cast<ErrorHandler*>(info->err);
  if (message != nullptr) {
    std::snprintf(handler->message, sizeof(handler->message), "%s", message);
  } else {
    (*info->err->format_message)(info, handler->message);
  }
  std::longjmp(handler->jump, 1);
}

void OnError(j_common_ptr info) { Fail(info, nullptr); }
void DropMessage(j_common_ptr) {}

jpeg_error_mgr* InstallHandler(ErrorHandler* handler) {
  jpeg_std_error(&handler->base);
  handler->base.error_exit = OnError;
  handler->base.output_message = DropMessage;
  handler->message[0] = '\0';
  return &handler->base;
}

constexpr char kTruncated[] = "truncated: the JPEG data ends too early";

// All bytes are there from the start, so being asked for more means the end.
void NoSource(j_decompress_ptr) {}
boolean FillFromNothing(j_decompress_ptr info) {
  Fail(reinterpret_cast<j_common_ptr>(info), kTruncated);
}
void Skip(j_decompress_ptr info, long count) {  // NOLINT: libjpeg's type
  if (count <= 0) return;
  if (static_cast<size_t>(count) > info->src->bytes_in_buffer) {
    Fail(reinterpret_cast<j_common_ptr>(info), kTruncated);
  }
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<size_t>(count);
}

// A small file of thousands of scans over a large image would run for hours.
constexpr int kMaxScans = 500;
void LimitScans(j_common_ptr info) {
  if (!info->is_decompressor) return;
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
    Fail(info, "more than 500 scans in a JPEG");
  }
}

// a * b / 255, rounded.
uint8_t MultiplyBytes(int a, int b) {
  const int product = a * b + 128;
  return static_cast<uint8_t>((product + (product >> 8)) >> 8);
}

// Inverted CMYK: 255 is no ink. Pillow's formula, 255-k minus the ink's share.
void InvertedCmykToRgb(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      const int ink = 255 - cmyk[c];
      const int value = light - MultiplyBytes(ink, light);
      rgb[c] = static_cast<uint8_t>(value < 0 ? 0 : value);
    }
  }
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) {
    std::memset(&info_, 0, sizeof(info_));
    std::memset(&source_, 0, sizeof(source_));
    std::memset(&progress_, 0, sizeof(progress_));
    info_.err = InstallHandler(&handler_);
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
    source_.bytes_in_buffer = bytes.size();
    source_.init_source = NoSource;
    source_.fill_input_buffer = FillFromNothing;
    source_.skip_input_data = Skip;
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = NoSource;
    progress_.progress_monitor = LimitScans;
  }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  bool ReadHeader() {
    if (setjmp(handler_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.src = &source_;
    info_.progress = &progress_;
    jpeg_read_header(&info_, TRUE);
    if (info_.num_components != 1 && info_.num_components != 3 &&
        info_.num_components != 4) {
      Fail(reinterpret_cast<j_common_ptr>(&info_),
           "a JPEG of neither 1, 3 nor 4 components");
    }
    info_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    return true;
  }

  // `cmyk_row` has 4 * width bytes; unused unless is_cmyk().
  bool ReadPixels(RgbImage* image, uint8_t* cmyk_row) {
    if (setjmp(handler_.jump) != 0) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      uint8_t* const out = image->row(static_cast<int>(info_.output_scanline));
      JSAMPROW row = is_cmyk() ? cmyk_row : out;
      jpeg_read_scanlines(&info_, &row, 1);
      if (is_cmyk()) InvertedCmykToRgb(cmyk_row, image->width, out);
    }
    return true;
  }

  bool is_cmyk() const { return info_.num_components == 4; }
  int64_t width() const { return info_.image_width; }
  int64_t height() const { return info_.image_height; }
  absl::Status error() const {
    return absl::InvalidArgumentError(handler_.message);
  }

 private:
  jpeg_decompress_struct info_;
  jpeg_source_mgr source_;
  jpeg_progress_mgr progress_;
  ErrorHandler handler_;
};

class Encoder {
 public:
  Encoder() {
    std::memset(&info_, 0, sizeof(info_));
    info_.err = InstallHandler(&handler_);
  }
  ~Encoder() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);  // libjpeg allocates it with malloc
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool Encode(const RgbImage& image, int quality) {
    if (setjmp(handler_.jump) != 0) return false;
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(
          image.row(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  std::string bytes() const {
    return std::string(reinterpret_cast<const char*>(bytes_), size_);
  }
  absl::Status error() const {
    return absl::InvalidArgumentError(handler_.message);
  }

 private:
  jpeg_compress_struct info_;
  ErrorHandler handler_;
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;  // NOLINT: libjpeg's type
};

}  // namespace

bool IsJpeg(std::string_view bytes) {
  return bytes.substr(0, 3) == std::string_view("\xff\xd8\xff");
}

absl::StatusOr<RgbImage> DecodeJpeg(std::string_view bytes,
                                    int64_t max_pixels) {
  Decoder decoder(bytes);
  if (!decoder.ReadHeader()) return decoder.error();
  if (decoder.width() * decoder.height() > max_pixels) {
    return absl::InvalidArgumentError(
        absl::StrCat(decoder.width(), " x ", decoder.height(),
                     " pixels; at most ", max_pixels, " are accepted"));
  }
  RgbImage image(static_cast<int>(decoder.width()),
                 static_cast<int>(decoder.height()));
  std::vector<uint8_t> cmyk_row(
      decoder.is_cmyk() ? static_cast<size_t>(image.width) * 4 : 0);
  if (!decoder.ReadPixels(&image, cmyk_row.data())) return decoder.error();
  return image;
}

absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality) {
  RTFQ_CHECK(quality >= 1 && quality <= 100);
  Encoder encoder;
  if (!encoder.Encode(image, quality)) return encoder.error();
  return encoder.bytes();
}

}  // namespace rtfq
