#include "demo/names.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace wardbook::demo {
namespace {

const std::vector<Culture>& cultures() {
  static const std::vector<Culture> all = {
      {"english",
       {"Olivia", "Emma", "Charlotte", "Grace", "Hannah", "Margaret", "Dorothy", "Ruth", "Alice",
        "Judith", "Eleanor", "Megan", "Rachel", "Susan", "Abigail"},
       {"James", "William", "Henry", "Thomas", "Daniel", "George", "Samuel", "Peter", "Harold",
        "Edward", "Luke", "Nathan", "Walter", "Owen", "Robert"},
       {"Carter", "Bennett", "Hughes", "Whitfield", "Marsh", "Collins", "Barlow", "Thornton",
        "Walsh", "Abbott", "Fletcher", "Sinclair", "Doyle", "Reid", "Chambers", "Lockwood",
        "O'Brien", "Pratt"}},
      {"african_american",
       {"Keisha", "Denise", "Imani", "Latoya", "Gloria", "Vanessa", "Tamika", "Yolanda", "Aaliyah",
        "Ernestine"},
       {"Jamal", "Darnell", "Marcus", "Andre", "Terrence", "Isaiah", "Reginald", "Malik", "Curtis",
        "Xavier"},
       {"Washington", "Freeman", "Jefferson", "Booker", "Gaines", "Coleman", "Dorsey", "Hampton",
        "Mosley", "Banks"}},
      {"hispanic",
       {"María José", "Lucía", "Carmen", "Sofía", "Inés", "Dolores", "Valentina", "Begoña",
        "Guadalupe", "Rocío", "Pilar", "Ximena"},
       {"José", "Javier", "Andrés", "Íñigo", "Miguel Ángel", "Ramón", "Sebastián", "Álvaro",
        "Joaquín", "Hernán", "Nicolás", "Tomás"},
       {"García Ruiz", "Fernández", "Ibáñez", "Núñez", "Castaño", "Ortega Peña", "Domínguez",
        "Vázquez", "Muñoz", "Herrero", "Quintana", "Salcedo", "Rodríguez Gil", "Echeverría"}},
      {"german",
       {"Anna", "Greta", "Ursula", "Sabine", "Käthe", "Brigitte", "Lena", "Johanna", "Ingrid",
        "Franziska", "Hildegard", "Mia"},
       {"Jürgen", "Lukas", "Karl-Heinz", "Jonas", "Wolfgang", "Matthias", "Günter", "Felix",
        "Bernd", "Götz", "Elias", "Dieter"},
       {"Müller", "Schäfer", "Krüger", "Weiß", "Vogel", "Zimmermann", "von Stetten", "Böhm",
        "Lehmann", "Huber", "Jäger", "Brandt", "Pfeiffer", "Groß"}},
      {"turkish",
       {"Ayşe", "Zeynep", "Fatma", "Elif", "Gülten", "Merve", "Hatice", "Şebnem"},
       {"Mehmet", "Emre", "Yusuf", "İbrahim", "Can", "Oğuz", "Hüseyin", "Kemal"},
       {"Yılmaz", "Kaya", "Öztürk", "Demirci", "Şahin", "Çelik", "Aydın", "Koç", "Güneş"}},
      {"polish",
       {"Agnieszka", "Małgorzata", "Zofia", "Katarzyna", "Halina", "Józefa"},
       {"Łukasz", "Paweł", "Stanisław", "Krzysztof", "Wojciech", "Grzegorz"},
       {"Kowalczyk", "Wiśniewski", "Dąbrowski", "Zieliński", "Szymański", "Wójcik", "Nowak"}},
      {"indian",
       {"Ananya", "Lakshmi", "Priya", "Meenakshi", "Kavita", "Shanti", "Deepa", "Radhika", "Sunita",
        "Ishita", "Parvati", "Fathima"},
       {"Arjun", "Rajesh", "Vikram", "Suresh", "Imran", "Karthik", "Anil", "Harpreet", "Rohan",
        "Subramaniam", "Dinesh", "Aarav"},
       {"Iyer", "Sharma", "Nair", "Patel", "Reddy", "Banerjee", "Gill", "Krishnamurthy", "Menon",
        "Deshpande", "Qureshi", "Choudhury", "Rao", "Pillai", "Kulkarni", "D'Souza"}},
      {"nigerian",
       {"Ngozi", "Folasade", "Chiamaka", "Aisha", "Yetunde", "Adaeze", "Halima", "Temitope",
        "Ifeoma", "Blessing", "Ọmọlará", "Zainab"},
       {"Chukwuemeka", "Oluwaseun", "Ibrahim", "Babatunde", "Emeka", "Musa", "Obinna", "Adewale",
        "Tunde", "Sunday", "Uche", "Kọ́lá"},
       {"Okafor", "Adeyemi", "Balogun", "Eze", "Bello", "Nwosu", "Ogunleye", "Danjuma", "Okonkwo",
        "Abubakar", "Ọlátúnjí", "Onyekachi", "Akinwale", "Umeh", "Ekanem"}},
      {"chinese",
       {"Mei Ling", "Xiaoyan", "Li Hua", "Yuting", "Jing", "Siu Fong", "Wei", "Hui Min"},
       {"Jian", "Wei Jie", "Zhiqiang", "Ming", "Guoliang", "Hao", "Kwok Wah", "Bo"},
       {"Chen", "Wang", "Zhang", "Liu", "Huang", "Wong", "Lin", "Zhao", "Lü", "Tan"}},
      {"vietnamese",
       {"Thị Hương", "Linh", "Bích Ngọc", "Thu Thủy", "Mai", "Phương Anh"},
       {"Văn Đức", "Minh Tuấn", "Quang Huy", "Anh Dũng", "Thành", "Hữu Phước"},
       {"Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "Bùi", "Võ"}},
      {"arabic",
       {"Layla", "Fatima", "Noor", "Amina", "Salma", "Rania", "Khadija", "Huda"},
       {"Omar", "Youssef", "Hassan", "Khalid", "Tariq", "Mahmoud", "Samir", "Ziad"},
       {"al-Hakim", "Haddad", "Mansour", "Khoury", "El-Sayed", "Nasser", "Barakat", "Saleh",
        "Aziz"}},
      {"portuguese",
       {"Inês", "Conceição", "Beatriz", "Graça", "Mariana", "Fátima"},
       {"João", "Gonçalo", "Antônio", "Rui", "Tiago", "Simão"},
       {"da Silva", "Gonçalves", "Araújo", "Magalhães", "Simões", "Ferrão", "Brandão"}},
      {"pacific",
       {"Mere", "Aroha", "Sina", "Losa", "Hinemoa", "Talia"},
       {"Tāne", "Wiremu", "Sione", "Rāwiri", "Tavita", "Hōhepa"},
       {"Ngāta", "Parata", "Tuilagi", "Fa'afo'i", "Rangihuna", "Te Rangi", "Faleolo"}},
      {"scandinavian",
       {"Ingrid", "Åsa", "Sigrún", "Solveig", "Maj-Britt", "Freja"},
       {"Søren", "Bjørn", "Lars", "Håkon", "Jón", "Nils"},
       {"Lindström", "Sørensen", "Øverland", "Nygård", "Åkesson", "Þórsson", "Dahl"}},
      {"korean",
       {"Soo-jin", "Min-ji", "Eun-hye", "Young-mi"},
       {"Min-jun", "Sung-ho", "Jae-won", "Dong-hyun"},
       {"Kim", "Park", "Choi", "Jung", "Kang", "Yoon"}},
      {"greek",
       {"Eleni", "Katerina", "Despina", "Vasiliki"},
       {"Giorgos", "Nikos", "Stavros", "Panagiotis"},
       {"Papadopoulos", "Stathopoulos", "Nikolaidis", "Kouros", "Andreou"}},
  };
  return all;
}

/// Letters whose plain form is not found by dropping a combining mark.
constexpr auto kPlain = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"á", "a"}, {"à", "a"},  {"â", "a"}, {"ã", "a"},   {"ä", "ae"},  {"å", "aa"}, {"ā", "a"},
    {"ą", "a"}, {"Å", "aa"}, {"Á", "a"}, {"Ā", "a"},   {"ạ", "a"},   {"ầ", "a"},  {"ặ", "a"},
    {"ă", "a"}, {"ç", "c"},  {"Ç", "c"}, {"ć", "c"},   {"đ", "d"},   {"Đ", "d"},  {"é", "e"},
    {"è", "e"}, {"ê", "e"},  {"ễ", "e"}, {"ę", "e"},   {"ğ", "g"},   {"í", "i"},  {"ị", "i"},
    {"Í", "i"}, {"İ", "i"},  {"ı", "i"}, {"ł", "l"},   {"Ł", "l"},   {"ń", "n"},  {"ñ", "n"},
    {"ó", "o"}, {"ò", "o"},  {"ô", "o"}, {"õ", "o"},   {"ö", "oe"},  {"ø", "oe"}, {"ō", "o"},
    {"ơ", "o"}, {"ọ", "o"},  {"Ọ", "o"}, {"ướ", "uo"}, {"ươ", "uo"}, {"Ö", "oe"}, {"Ø", "oe"},
    {"ş", "s"}, {"Ş", "s"},  {"ś", "s"}, {"ß", "ss"},  {"ú", "u"},   {"ü", "ue"}, {"ủ", "u"},
    {"ũ", "u"}, {"ư", "u"},  {"ù", "u"}, {"ź", "z"},   {"ż", "z"},   {"Þ", "th"}, {"þ", "th"},
    {"ý", "y"}, {"ấ", "a"},  {"ứ", "u"}, {"ớ", "o"},
});

}  // namespace

const Culture& culture(std::string_view key) {
  for (const Culture& one : cultures()) {
    if (one.key == key) return one;
  }
  throw std::out_of_range("no such culture");
}

std::string ascii_name(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const char c = text.front();
    if (is_letter_or_digit(c)) plain += lower_case(c);
    std::size_t used = 1;
    if (static_cast<unsigned char>(c) >= 0x80) {
      for (const auto& [letter, ascii] : kPlain) {
        if (!text.starts_with(letter)) continue;
        plain += ascii;
        used = letter.size();
        break;
      }
    }
    text.remove_prefix(used);
  }
  return plain;
}

}  // namespace wardbook::demo
