#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "demo/documents.h"
#include "demo/random.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

// ---- the rhythm strip

constexpr int kWidth = 1000;
constexpr int kHeight = 260;
constexpr int kMillimetre = 4;  ///< pixels; 25 mm are a second, 10 mm a millivolt
constexpr double kSecond = 25 * kMillimetre;
constexpr double kMillivolt = 10 * kMillimetre;

enum Ink : unsigned char { paper, fine, coarse, trace };
constexpr std::array<std::array<png_byte, 3>, 4> kInks{
    {{255, 247, 242}, {250, 218, 210}, {236, 170, 160}, {38, 36, 44}}};

/// One wave of a beat: when after its begin, how high, how wide.
struct Wave {
  double at_s;
  double height_mv;
  double width_s;
};
constexpr std::array kWaves{Wave{0.16, 0.13, 0.022}, Wave{0.245, -0.08, 0.009},
                            Wave{0.27, 1.05, 0.010}, Wave{0.297, -0.22, 0.010},
                            Wave{0.50, 0.28, 0.042}};

double beat(double seconds) {
  double volts = 0;
  for (const Wave& wave : kWaves) {
    const double x = (seconds - wave.at_s) / wave.width_s;
    volts += wave.height_mv * std::exp(-x * x / 2);
  }
  return volts;
}

std::vector<unsigned char> grid() {
  std::vector<unsigned char> pixels(static_cast<std::size_t>(kWidth) * kHeight, paper);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      auto& pixel = pixels[static_cast<std::size_t>(y * kWidth + x)];
      if (x % kMillimetre == 0 || y % kMillimetre == 0) pixel = fine;
      if (x % (5 * kMillimetre) == 0 || y % (5 * kMillimetre) == 0) pixel = coarse;
    }
  }
  return pixels;
}

std::string png_of(const std::vector<unsigned char>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = kWidth;
  image.height = kHeight;
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = kInks.size();
  std::string out(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = out.size();
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0, kInks.data()) ==
      0) {
    throw std::runtime_error(std::string("no PNG could be made: ") + image.message);
  }
  out.resize(size);
  return out;
}

// ---- the radiograph

constexpr int kSide = 192;

double within(double x, double y, double cx, double cy, double rx, double ry) {
  const double dx = (x - cx) / rx;
  const double dy = (y - cy) / ry;
  return 1 / (1 + std::exp((dx * dx + dy * dy - 1) * 7));
}

/// A chest from the front: air is dark, what is dense is light.
std::string chest(std::uint64_t seed) {
  Random random(seed);
  const double breath = random.uniform(0.9, 1.08);
  const double heart = random.uniform(0.9, 1.2);
  std::string pixels;
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      const double x = (column + 0.5) / kSide;
      const double y = (row + 0.5) / kSide;
      double light = 12 + 150 * within(x, y, 0.5, 0.62, 0.46, 0.62);
      light -= 105 * within(x, y, 0.30, 0.48, 0.15, 0.30 * breath);
      light -= 105 * within(x, y, 0.70, 0.48, 0.15, 0.30 * breath);
      light += 60 * within(x, y, 0.55, 0.62, 0.13 * heart, 0.16 * heart);
      light += 45 * within(x, y, 0.5, 0.5, 0.035, 0.6);
      const double rib = std::sin((y + 0.5 * (x - 0.5) * (x - 0.5)) * 62);
      light += 9 * std::max(0.0, rib) * within(x, y, 0.5, 0.5, 0.38, 0.4);
      light += random.normal(0, 3);
      pixels += static_cast<char>(std::clamp(static_cast<int>(light), 0, 255));
    }
  }
  return pixels;
}

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8 & 0xff);
}

/// Elements in explicit VR little endian, with their padding (PS3.5, 6.2 and 7.1.2).
class Elements {
 public:
  void text(unsigned group, unsigned element, std::string_view vr, std::string value) {
    if (value.size() % 2 != 0) value += vr == "UI" ? '\0' : ' ';
    raw(group, element, vr, value);
  }
  void number(unsigned group, unsigned element, unsigned value) {
    std::string bytes;
    put16(bytes, value);
    raw(group, element, "US", bytes);
  }
  void raw(unsigned group, unsigned element, std::string_view vr, std::string_view value) {
    put16(out_, group);
    put16(out_, element);
    out_ += vr;
    const auto size = static_cast<unsigned>(value.size());
    if (vr == "OB" || vr == "OW") {
      put16(out_, 0);
      put16(out_, size & 0xffff);
      put16(out_, size >> 16);
    } else {
      put16(out_, size);
    }
    out_ += value;
  }
  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  std::string out_;
};

constexpr const char* kStorage = "1.2.840.10008.5.1.4.1.1.1";  ///< computed radiography
constexpr const char* kExplicitLittle = "1.2.840.10008.1.2.1";

/// Of a UUID's kind (PS3.5, B.2), from numbers that are no one's else.
std::string uid(std::uint64_t seed, int which) {
  return "2.25." + std::to_string(seed) + std::to_string(which);
}

std::string without_dashes(std::string date) {
  std::erase(date, '-');
  return date;
}

void add_identity(Elements& out, const HospitalPlan& plan, const json::object& record,
                  std::uint64_t seed) {
  const std::string time = text_of(record, "visit_date");
  const std::string day = without_dashes(date_part(time));
  const auto& patient = record.at("patient").as_object();
  out.text(0x0008, 0x0005, "CS", "ISO_IR 192");  // UTF-8
  out.text(0x0008, 0x0016, "UI", kStorage);
  out.text(0x0008, 0x0018, "UI", uid(seed, 1));
  out.text(0x0008, 0x0020, "DA", day);
  out.text(0x0008, 0x0030, "TM", time.substr(11, 2) + time.substr(14, 2) + "00");
  out.text(0x0008, 0x0050, "SH", text_of(record, "record_number"));
  out.text(0x0008, 0x0060, "CS", "CR");
  out.text(0x0008, 0x0070, "LO", "Wardbook demo");
  out.text(0x0008, 0x0080, "LO", std::string(plan.name));
  out.text(0x0008, 0x0090, "PN", "");
  out.text(0x0010, 0x0010, "PN",
           text_of(patient, "last_name") + "^" + text_of(patient, "first_name"));
  out.text(0x0010, 0x0020, "LO", text_of(patient, "patient_number"));
  out.text(0x0010, 0x0030, "DA", "");
  out.text(0x0010, 0x0040, "CS", "");
  out.text(0x0018, 0x0015, "CS", "CHEST");
  out.text(0x0018, 0x5101, "CS", "PA");
  out.text(0x0020, 0x000d, "UI", uid(seed, 2));
  out.text(0x0020, 0x000e, "UI", uid(seed, 3));
  out.text(0x0020, 0x0010, "SH", "1");
  out.text(0x0020, 0x0011, "IS", "1");
  out.text(0x0020, 0x0013, "IS", "1");
  out.text(0x0020, 0x0020, "CS", "L\\F");
}

}  // namespace

std::string ecg_png(std::uint64_t seed, double beats_per_minute) {
  Random random(seed);
  const double rate = std::clamp(beats_per_minute, 30.0, 220.0);
  std::vector<unsigned char> pixels = grid();
  double begin = -random.uniform(0, 0.6);  // of the present beat, in seconds
  double length = 60 / rate;
  int last = kHeight / 2;
  for (int x = 0; x < kWidth; ++x) {
    const double now = x / kSecond;
    if (now - begin >= length) {
      begin += length;
      length = 60 / rate * random.uniform(0.96, 1.04);
    }
    // Fast hearts have short beats: the waves move together.
    const double volts = beat((now - begin) / std::min(1.0, length / 0.7)) +
                         0.04 * std::sin(now * 1.7) + random.normal(0, 0.008);
    const int y = std::clamp(static_cast<int>(kHeight * 0.6 - volts * kMillivolt), 1, kHeight - 2);
    for (int dot = std::min(y, x == 0 ? y : last); dot <= std::max(y, x == 0 ? y : last); ++dot) {
      pixels[static_cast<std::size_t>(dot * kWidth + x)] = trace;
      pixels[static_cast<std::size_t>((dot + 1) * kWidth + x)] = trace;
    }
    last = y;
  }
  return png_of(pixels);
}

std::string radiograph_dicom(const HospitalPlan& plan, const json::object& record,
                             std::uint64_t seed) {
  Elements meta;
  meta.raw(0x0002, 0x0001, "OB", std::string_view("\0\1", 2));
  meta.text(0x0002, 0x0002, "UI", kStorage);
  meta.text(0x0002, 0x0003, "UI", uid(seed, 1));
  meta.text(0x0002, 0x0010, "UI", kExplicitLittle);
  meta.text(0x0002, 0x0012, "UI", "2.25.1762083064503");
  std::string length;
  put16(length, static_cast<unsigned>(meta.bytes().size()));
  put16(length, 0);
  Elements begin;
  begin.raw(0x0002, 0x0000, "UL", length);

  Elements data;
  add_identity(data, plan, record, seed);
  data.number(0x0028, 0x0002, 1);
  data.text(0x0028, 0x0004, "CS", "MONOCHROME2");
  data.number(0x0028, 0x0010, kSide);
  data.number(0x0028, 0x0011, kSide);
  data.number(0x0028, 0x0100, 8);
  data.number(0x0028, 0x0101, 8);
  data.number(0x0028, 0x0102, 7);
  data.number(0x0028, 0x0103, 0);
  data.raw(0x7fe0, 0x0010, "OB", chest(seed));
  return std::string(128, '\0') + "DICM" + begin.bytes() + meta.bytes() + data.bytes();
}

}  // namespace wardbook::demo
