#pragma once

#include <array>
#include <string_view>

// Inside of the slice: groups of drugs to which an allergy extends, and names of one substance.
//
// Sources: the groups and their members are those of the WHO's ATC classification (Collaborating
// Centre for Drug Statistics Methodology, Oslo, atcddd.fhi.no), whose code stands beside each; the
// names are the WHO's international nonproprietary names with their United States (USAN) and
// British (BAN) variants, and a few widely known brands. ATC sorts by use; where one substance
// stands in several places (sulfasalazine is A07EC01), it is listed where its allergy belongs.
//
// What is left out on purpose: warnings from one group to another (penicillins and cephalosporins:
// about two in a hundred at most, and by side chain rather than by group), sulfonamides that are no
// antibiotics (furosemide, thiazides, celecoxib, sulfonylureas), excipients, vaccines and foods.

namespace wardbook::allergies {

struct GroupRow {
  std::string_view name;
  std::string_view atc;
  std::string_view called;  ///< how the group is written, between commas
  std::string_view drugs;   ///< between commas; names of one substance with " = "
};

inline constexpr auto kGroups = std::to_array<GroupRow>({
    {"penicillins", "J01C", "penicillin, penizillin, pcn, beta lactam, betalactam",
     "penicillin g = benzylpenicillin = pen g = bicillin, "
     "penicillin v = phenoxymethylpenicillin = penicillin vk = pen v = pen vk = pen vee = "
     "pen vee k, "
     "amoxicillin = amoxycillin = amoxil, ampicillin, piperacillin = pip, "
     "flucloxacillin = floxacillin, oxacillin, cloxacillin, dicloxacillin, nafcillin, "
     "methicillin = meticillin, ticarcillin, mezlocillin, azlocillin, carbenicillin, "
     "bacampicillin, pivampicillin, pivmecillinam, mecillinam, sultamicillin, temocillin"},
    {"cephalosporins", "J01DB J01DC J01DD J01DE J01DI", "cephalosporin, beta lactam, betalactam",
     "cefalexin = keflex, cefazolin, cefadroxil, cefradine, cefuroxime = zinnat, cefaclor, "
     "cefoxitin, cefprozil, cefotetan, cefotaxime, ceftriaxone = rocephin, ceftazidime, cefixime, "
     "cefpodoxime, cefdinir, cefditoren, ceftibuten, cefoperazone, cefepime, ceftaroline, "
     "ceftobiprole, ceftolozane, cefiderocol"},
    {"carbapenems", "J01DH", "carbapenem, beta lactam, betalactam",
     "meropenem = meronem, imipenem, ertapenem, doripenem, tebipenem"},
    {"sulfonamide antibiotics", "J01EB J01EC J01EE A07EC01 D06BA01 S01AB",
     "sulfonamide, sulfa, sulfonamide antibiotic",
     "sulfamethoxazole = smx = smz, sulfadiazine, sulfasalazine = salazopyrin, sulfadoxine, "
     "sulfafurazole = sulfisoxazole, sulfamethizole, sulfadimidine = sulfamethazine, "
     "sulfacetamide, sulfapyridine, sulfanilamide"},
    {"macrolides", "J01FA", "macrolide",
     "erythromycin, clarithromycin = biaxin = klacid, "
     "azithromycin = zithromax = z pak = zpak, roxithromycin, spiramycin, "
     "josamycin, telithromycin"},
    {"fluoroquinolones", "J01MA", "fluoroquinolone, quinolone",
     "ciprofloxacin = cipro, levofloxacin = levaquin = tavanic, moxifloxacin = avelox, ofloxacin, "
     "norfloxacin, delafloxacin, "
     "gemifloxacin, lomefloxacin, pefloxacin, gatifloxacin"},
    {"tetracyclines", "J01AA", "tetracycline",
     "doxycycline = vibramycin, minocycline, oxytetracycline, lymecycline, tigecycline, "
     "demeclocycline, "
     "chlortetracycline, eravacycline, omadacycline, sarecycline"},
    {"aminoglycosides", "J01G", "aminoglycoside",
     "gentamicin, tobramycin, amikacin, streptomycin, neomycin, kanamycin, netilmicin, "
     "plazomicin, paromomycin, framycetin"},
    {"non-steroidal anti-inflammatory drugs", "M01A N02BA",
     "nsaid, nsar, non steroidal anti inflammatory, nonsteroidal anti inflammatory, "
     "nonsteroidal antiinflammatory, non steroidal antiinflammatory, cox inhibitor",
     "aspirin = acetylsalicylic acid = acetylsalicylate = asa = acetylsalicylsaure = "
     "acide acetylsalicylique = acido acetilsalicilico = ecotrin = aspro, "
     "ibuprofen = advil = nurofen = motrin, dexibuprofen, naproxen = aleve, "
     "diclofenac = voltaren = voltarol, aceclofenac, indometacin = indomethacin, ketoprofen, "
     "dexketoprofen, flurbiprofen, ketorolac = toradol, meloxicam, piroxicam, tenoxicam, "
     "lornoxicam, sulindac, etodolac, nabumetone, mefenamic acid = mefenamate, nimesulide, "
     "oxaprozin, tiaprofenic acid, celecoxib = celebrex, etoricoxib = arcoxia, parecoxib, "
     "rofecoxib"},
    {"salicylates", "N02BA", "salicylate",
     "aspirin, diflunisal, salsalate, choline salicylate, lysine acetylsalicylate"},
    {"pyrazolones", "N02BB", "pyrazolone",
     "metamizole = dipyrone = novalgin = novaminsulfon, phenazone = antipyrine, "
     "propyphenazone, aminophenazone, phenylbutazone"},
    {"opioids", "N02A R05DA", "opioid, opiate, narcotic",
     "morphine = ms contin = mst, codeine, dihydrocodeine, oxycodone = oxycontin, hydrocodone, "
     "oxymorphone, "
     "hydromorphone = dilaudid, fentanyl, sufentanil, alfentanil, remifentanil, tramadol, "
     "tapentadol, buprenorphine, methadone, levomethadone, pethidine = meperidine = demerol, "
     "diamorphine = heroin, opium, nalbuphine, butorphanol, pentazocine, piritramide, "
     "levorphanol"},
    {"statins", "C10AA", "statin, hmg coa reductase inhibitor",
     "atorvastatin = lipitor, simvastatin = zocor, rosuvastatin = crestor, pravastatin, "
     "lovastatin, fluvastatin, pitavastatin"},
    {"ACE inhibitors", "C09A", "ace inhibitor, acei, angiotensin converting enzyme inhibitor",
     "lisinopril = zestril = prinivil, enalapril = vasotec, enalaprilat, ramipril, perindopril, "
     "captopril, benazepril, "
     "fosinopril, quinapril, trandolapril, moexipril, cilazapril, zofenopril, imidapril"},
    {"benzodiazepines", "N05BA N05CD N03AE", "benzodiazepine, benzo",
     "diazepam = valium, lorazepam = ativan, midazolam, alprazolam = xanax, clonazepam, "
     "temazepam, oxazepam, nitrazepam, chlordiazepoxide, clobazam, bromazepam, flurazepam, "
     "triazolam, estazolam, lormetazepam, flunitrazepam, clorazepate, remimazolam"},
    {"iodinated contrast media", "V08A",
     "contrast, contrast medium, contrast media, contrast dye, contrast agent, radiocontrast, "
     "iodinated contrast, iodinated contrast medium, iodinated contrast media, iodine contrast, "
     "x ray dye, x ray contrast",
     "iohexol = omnipaque, iopamidol = isovue, iodixanol = visipaque, iopromide = ultravist, "
     "ioversol = optiray, iomeprol = iomeron, iobitridol, ioxaglate, iotalamate = iothalamate, "
     "diatrizoate = amidotrizoate = gastrografin"},
    {"gadolinium contrast media", "V08CA",
     "gadolinium, gadolinium contrast, gadolinium contrast medium, gadolinium contrast media",
     "gadobutrol = gadavist = gadovist, gadoterate = dotarem = gadoteric acid, gadoteridol, "
     "gadobenate, gadoxetate, gadodiamide, gadopentetate"},
    {"insulins", "A10A", "insulin",
     "glargine = lantus = toujeo, lispro = humalog, aspart = novorapid = novolog, detemir = "
     "levemir, degludec = tresiba, glulisine = apidra, isophane = nph"},
    {"heparins", "B01AB",
     "heparin, low molecular weight heparin, lmwh, unfractionated heparin, ufh",
     "enoxaparin = clexane = lovenox, dalteparin = fragmin, tinzaparin, nadroparin, "
     "certoparin, bemiparin, reviparin, parnaparin"},
    {"local anaesthetics of the amide type", "N01BB", "local anesthetic, amide local anesthetic",
     "lidocaine = lignocaine = xylocaine, bupivacaine, levobupivacaine, ropivacaine, "
     "mepivacaine, prilocaine, articaine, etidocaine"},
    {"local anaesthetics of the ester type", "N01BA", "local anesthetic, ester local anesthetic",
     "procaine = novocaine, chloroprocaine, tetracaine = amethocaine, benzocaine"},
});

/// Substances of no group above that have two names.
inline constexpr std::string_view kSynonyms =
    "paracetamol = acetaminophen = apap = tylenol = panadol, "
    "trimethoprim = tmp, clavulanate = clavulanic acid = clavulanate potassium, "
    "epinephrine = adrenaline, norepinephrine = noradrenaline, salbutamol = albuterol, "
    "furosemide = frusemide, rifampicin = rifampin, glibenclamide = glyburide, "
    "phenobarbital = phenobarbitone, ciclosporin = cyclosporine, "
    "metronidazole = flagyl, vancomycin = vancocin, tazobactam = tazo, clindamycin = dalacin = "
    "cleocin, warfarin = coumadin, "
    "levothyroxine = thyroxine, levetiracetam = keppra, phenytoin = dilantin";

/// What is in products that have a name of their own.
struct ProductRow {
  std::string_view called;
  std::string_view contains;
};
inline constexpr auto kProducts = std::to_array<ProductRow>({
    {"augmentin, clavulin, amoxiclav, amoxi clav, co amoxiclav, coamoxiclav",
     "amoxicillin, clavulanate"},
    {"timentin", "ticarcillin, clavulanate"},
    {"tazocin, zosyn, pip tazo, piptaz", "piperacillin, tazobactam"},
    {"unasyn", "ampicillin, sulbactam"},
    {"tienam, primaxin", "imipenem, cilastatin"},
    {"co trimoxazole, cotrimoxazole, cotrim, bactrim, septra, septrin, sulfatrim",
     "sulfamethoxazole, trimethoprim"},
    {"fansidar", "sulfadoxine, pyrimethamine"},
    {"flamazine, silvadene, silver sulfadiazine", "sulfadiazine"},
    {"percocet, endocet", "oxycodone, paracetamol"},
    {"vicodin, norco, lortab", "hydrocodone, paracetamol"},
    {"co codamol, cocodamol", "codeine, paracetamol"},
    {"tylenol no 3, tylenol with codeine", "codeine, paracetamol"},
    {"excedrin", "paracetamol, aspirin, caffeine"},
    {"alka seltzer", "aspirin"},
    {"vimovo", "naproxen, esomeprazole"},
    {"emla", "lidocaine, prilocaine"},
});

}  // namespace wardbook::allergies
