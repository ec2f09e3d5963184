#pragma once

#include <array>
#include <string_view>

// Inside of the slice: groups of drugs to which an allergy extends, and names of one substance.
//
// Sources: the groups and their members are those of the WHO's ATC classification (Collaborating
// Centre for Drug Statistics Methodology, Oslo, atcddd.fhi.no), whose code stands beside each; the
// names are the WHO's international nonproprietary names with their United States (USAN) and
// British (BAN) variants, and the brands that are commonest in the United States, the United
// Kingdom and the European Union. ATC sorts by use; where one substance
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
    {"penicillins", "J01C",
     "penicillin, penizillin, penisilin, pcn, пенициллин, пенициллины, πενικιλλινη, "
     "πενικιλλινες, بنسلين, بنسيلين, البنسلين, البنسيلين, 青霉素, 青黴素, 盘尼西林, 盤尼西林, "
     "ペニシリン, 페니실린, beta lactam, betalactam",
     "penicillin g = benzylpenicillin = pen g = bicillin = pfizerpen = extencilline = "
     "tardocillin = retarpen, penicillin v = phenoxymethylpenicillin = penicillin vk = pen v = "
     "pen vk = pen vee = pen vee k = veetids = ospen = isocillin = oracilline = kavepenin, "
     "amoxicillin = amoxycillin = amoxil = moxatag = trimox = clamoxyl = flemoxin = ospamox = "
     "zimox = larotid, ampicillin = principen = omnipen = penbritin = binotal, piperacillin = "
     "pip = pipracil = pipril, flucloxacillin = floxacillin = floxapen = staphylex, oxacillin = "
     "bactocill = prostaphlin, cloxacillin = orbenin = cloxapen = tegopen, dicloxacillin = "
     "dynapen = diclocil = dycill, nafcillin = nallpen = unipen = nafcil, methicillin = "
     "meticillin = staphcillin, ticarcillin = ticar, mezlocillin = mezlin = baypen, "
     "azlocillin = securopen, carbenicillin = geocillin = geopen = pyopen, bacampicillin = "
     "spectrobid, pivampicillin = pondocillin, pivmecillinam = selexid = pivya, mecillinam = "
     "amdinocillin, sultamicillin, temocillin = negaban"},
    {"cephalosporins", "J01DB J01DC J01DD J01DE J01DI",
     "cephalosporin, цефалоспорин, цефалоспорины, κεφαλοσπορινη, κεφαλοσπορινες, 头孢菌素, "
     "頭孢菌素, セフェム, beta lactam, betalactam",
     "cefalexin = keflex = keftab = ceporex = daxbia, cefazolin = ancef = kefzol, cefadroxil = "
     "duricef = baxan = oracefal, cefradine = velosef, cefuroxime = zinnat = ceftin = zinacef = "
     "kefurox = elobact, cefaclor = ceclor = distaclor = raniclor = alfatil, cefoxitin = "
     "mefoxin, cefprozil = cefzil, cefotetan = cefotan, cefamandole = mandol, cefonicid = "
     "monocid, cefotiam = spizef, ceftizoxime = cefizox, cefotaxime = claforan, ceftriaxone = "
     "rocephin, ceftazidime = fortaz = fortum = tazicef, cefixime = suprax = oroken, "
     "cefpodoxime = vantin = orelox = podomexef, cefdinir = omnicef, cefditoren = spectracef = "
     "meiact, ceftibuten = cedax, cefoperazone = cefobid, cefepime = maxipime = axepim, "
     "ceftaroline = teflaro = zinforo, ceftobiprole = zevtera, ceftolozane, cefiderocol = "
     "fetroja = fetcroja, loracarbef = lorabid"},
    {"carbapenems", "J01DH", "carbapenem, beta lactam, betalactam",
     "meropenem = meronem = merrem, imipenem, ertapenem = invanz, doripenem = doribax, "
     "tebipenem = orapenem"},
    {"sulfonamide antibiotics", "J01EB J01EC J01EE A07EC01 D06BA01 S01AB",
     "sulfonamide, sulfamide, sulfa, sulfonamide antibiotic, сульфаниламид, сульфаниламиды, "
     "σουλφοναμιδη, σουλφοναμιδες, 磺胺, サルファ",
     "sulfamethoxazole = smx = smz = gantanol, sulfadiazine, sulfasalazine = salazopyrin = "
     "azulfidine, sulfadoxine, sulfafurazole = sulfisoxazole = gantrisin, sulfamethizole, "
     "sulfadimidine = sulfamethazine, sulfacetamide = sulamyd = klaron = bleph, sulfapyridine, "
     "sulfanilamide"},
    {"macrolides", "J01FA", "macrolide",
     "erythromycin = erythrocin = eryc = ery tab = ees = e e s = eryped = erymax = erythroped = "
     "ilosone = abboticin, clarithromycin = biaxin = klacid = klaricid = zeclar, azithromycin = "
     "zithromax = z pak = zpak = zmax = azasite = sumamed, roxithromycin = rulid = surlid, "
     "spiramycin = rovamycin, josamycin = josacine = wilprafen, telithromycin = ketek"},
    {"fluoroquinolones", "J01MA", "fluoroquinolone, quinolone",
     "ciprofloxacin = cipro = ciproxin = ciprobay = ciflox = cetraxal = ciloxan, levofloxacin = "
     "levaquin = tavanic, moxifloxacin = avelox = avalox = izilox = vigamox = moxeza, "
     "ofloxacin = floxin = tarivid = oflocet = ocuflox = exocin, norfloxacin = noroxin = "
     "utinor, delafloxacin = baxdela = quofenix, gemifloxacin = factive, lomefloxacin = "
     "maxaquin, pefloxacin = peflacine, gatifloxacin = tequin = zymar = zymaxid, besifloxacin = "
     "besivance"},
    {"tetracyclines", "J01AA", "tetracycline",
     "sumycin = achromycin, doxycycline = vibramycin = vibra tabs = doryx = oracea = monodox = "
     "adoxa = acticlate = efracea = periostat, minocycline = minocin = solodyn = dynacin = "
     "minomycin = arestin, oxytetracycline = terramycin, lymecycline = tetralysal, "
     "tigecycline = tygacil, demeclocycline = declomycin = ledermycin, chlortetracycline = "
     "aureomycin, eravacycline = xerava, omadacycline = nuzyra, sarecycline = seysara"},
    {"aminoglycosides", "J01G", "aminoglycoside",
     "gentamicin = garamycin = genticin = cidomycin = refobacin, tobramycin = nebcin = tobi = "
     "tobrex = bramitob = vantobra = bethkis = gernebcin, amikacin = amikin = arikayce = "
     "biklin, streptomycin, neomycin = neo fradin, kanamycin = kantrex, netilmicin = "
     "netromycin, plazomicin = zemdri, paromomycin = humatin, framycetin = soframycin"},
    {"non-steroidal anti-inflammatory drugs", "M01A N02BA",
     "nsaid, nsar, ains, aine, нпвс, нпвп, μσαφ, non steroidal anti inflammatory, "
     "nonsteroidal anti inflammatory, nonsteroidal antiinflammatory, "
     "non steroidal antiinflammatory, anti inflammatory, anti inflammatories, antiinflammatory, "
     "antiinflammatories, anti inflammatoire, antiinflamatorio, antinfiammatorio, "
     "antiphlogistika, antirheumatika, cox inhibitor",
     "aspirin = acetylsalicylic acid = acetylsalicylate = asa = ass = acetylsalicylsaure = "
     "acide acetylsalicylique = acido acetilsalicilico = ecotrin = aspro = disprin = bufferin = "
     "nu seals = durlaza = аспирин = ασπιρινη = アスピリン = 阿司匹林 = 阿斯匹林 = أسبرين = "
     "اسبرين, "
     "ibuprofen = advil = nurofen = motrin = brufen = caldolor = dolormin = spedifen = ipren = "
     "ibux = calprofen = ибупрофен, dexibuprofen = seractil, naproxen = aleve = naprosyn = "
     "anaprox = naprelan = apranax = proxen, diclofenac = voltaren = voltarol = cataflam = "
     "zipsor = zorvolex = flector = pennsaid = solaraze = motifene = диклофенак, aceclofenac = "
     "preservex = airtal, indometacin = indomethacin = indocin = indocid = tivorbex, "
     "ketoprofen = orudis = oruvail = profenid = fastum = ketum, dexketoprofen = keral = "
     "enantyum = sympal, flurbiprofen = ansaid = froben = strefen = ocufen, ketorolac = "
     "toradol = acular = acuvail = sprix, meloxicam = mobic = vivlodex = anjeso = movalis, "
     "piroxicam = feldene = brexidol, tenoxicam = mobiflex = tilcotil, lornoxicam = xefo, "
     "sulindac = clinoril, etodolac = lodine, nabumetone = relafen = relifex, mefenamic acid = "
     "mefenamate = ponstan = ponstel = parkemed, nimesulide = aulin = mesulid, oxaprozin = "
     "daypro, tiaprofenic acid = surgam, tolmetin = tolectin, fenoprofen = nalfon, "
     "meclofenamate = meclofenamic acid, bromfenac = prolensa = bromday = yellox, nepafenac = "
     "nevanac = ilevro, celecoxib = celebrex = elyxyb = onsenal, etoricoxib = arcoxia, "
     "parecoxib = dynastat, rofecoxib = vioxx"},
    {"salicylates", "N02BA", "salicylate",
     "aspirin, diflunisal = dolobid, salsalate = disalcid, choline salicylate = bonjela, "
     "magnesium salicylate, lysine acetylsalicylate = aspegic = kardegic, methyl salicylate, "
     "bismuth subsalicylate = pepto bismol = kaopectate"},
    {"pyrazolones", "N02BB", "pyrazolone",
     "metamizole = dipyrone = novalgin = novaminsulfon = nolotil = analgin = optalgin = "
     "berlosin = анальгин, phenazone = antipyrine, propyphenazone, aminophenazone, "
     "phenylbutazone = butazolidin = ambene"},
    {"opioids", "N02A R05DA", "opioid, opiate, narcotic, опиоиды, 阿片类",
     "morphine = ms contin = mst = morphin = kadian = avinza = oramorph = sevredol = zomorph = "
     "roxanol = duramorph = skenan = actiskenan = морфин, codeine = kodein = кодеин = κωδεινη, "
     "dihydrocodeine = dhc = paracodin, oxycodone = oxycontin = oxynorm = roxicodone = "
     "xtampza = oxaydo = roxybond = longtec = shortec = oxygesic, hydrocodone = zohydro = "
     "hysingla, oxymorphone = opana, hydromorphone = dilaudid = palladone = exalgo = jurnista = "
     "sophidone, fentanyl = duragesic = durogesic = actiq = abstral = sublimaze = fentora = "
     "effentora = instanyl = matrifen = pecfent = subsys = lazanda, sufentanil = sufenta = "
     "dsuvia, alfentanil = alfenta = rapifen, remifentanil = ultiva, tramadol = ultram = "
     "tramal = contramal = topalgic = zydol = zamadol = conzip = трамадол, tapentadol = "
     "nucynta = palexia, buprenorphine = butrans = subutex = temgesic = buprenex = belbuca = "
     "sublocade = buvidal = transtec = norspan, methadone = dolophine = methadose = physeptone, "
     "levomethadone = polamidon, pethidine = meperidine = demerol = dolantin, diamorphine = "
     "heroin, opium = laudanum = paregoric, nalbuphine = nubain, butorphanol = stadol, "
     "pentazocine = talwin = fortral, piritramide = dipidolor, meptazinol = meptid, "
     "propoxyphene = dextropropoxyphene = darvon, levorphanol"},
    {"statins", "C10AA", "statin, hmg coa reductase inhibitor",
     "atorvastatin = lipitor = sortis = tahor = torvast, simvastatin = zocor, rosuvastatin = "
     "crestor = ezallor, pravastatin = pravachol = lipostat = selektine, lovastatin = mevacor = "
     "mevinacor = altoprev, fluvastatin = lescol, pitavastatin = livalo = zypitamag"},
    {"ACE inhibitors", "C09A", "ace inhibitor, acei, angiotensin converting enzyme inhibitor",
     "lisinopril = zestril = prinivil = qbrelis = acerbon, enalapril = vasotec = "
     "innovace = renitec = xanef = epaned, enalaprilat, ramipril = altace = tritace = delix = "
     "triatec, perindopril = coversyl = aceon = coversum, captopril = capoten = lopirin, "
     "benazepril = lotensin = cibacen, fosinopril = monopril = staril, quinapril = accupril = "
     "accupro, trandolapril = mavik = gopten = odrik, moexipril = univasc = perdix, "
     "cilazapril = vascace = inhibace, zofenopril = zofenil = bifril, imidapril = tanatril"},
    {"benzodiazepines", "N05BA N05CD N03AE", "benzodiazepine, benzo",
     "diazepam = valium = diastat = valtoco = stesolid, lorazepam = ativan = temesta = tavor, "
     "midazolam = versed = dormicum = hypnovel = buccolam = nayzilam, alprazolam = xanax = "
     "tafil, clonazepam = klonopin = rivotril, temazepam = restoril = normison, oxazepam = "
     "serax = seresta = adumbran, nitrazepam = mogadon, chlordiazepoxide = librium, clobazam = "
     "onfi = frisium = sympazan = urbanyl, bromazepam = lexotan = lexotanil = lexomil, "
     "flurazepam = dalmane = dalmadorm, triazolam = halcion, estazolam = prosom, lormetazepam = "
     "noctamid, flunitrazepam = rohypnol, clorazepate = tranxene = tranxilium, prazepam = "
     "lysanxia = demetrin, quazepam = doral, remimazolam = byfavo"},
    {"iodinated contrast media", "V08A",
     "contrast, contrast medium, contrast media, contrast dye, contrast agent, radiocontrast, "
     "iodinated contrast, iodinated contrast medium, iodinated contrast media, iodine contrast, "
     "x ray dye, x ray contrast",
     "iohexol = omnipaque = oraltag, iopamidol = isovue = niopam = iopamiron = solutrast, "
     "iodixanol = visipaque, iopromide = ultravist, ioversol = optiray, iomeprol = iomeron = "
     "imeron, iobitridol = xenetix, ioxilan = oxilan, ioxaglate = hexabrix, iotalamate = "
     "iothalamate = conray, diatrizoate = amidotrizoate = gastrografin = gastroview = hypaque = "
     "renografin = urografin, ethiodized oil = lipiodol"},
    {"gadolinium contrast media", "V08CA",
     "gadolinium, gadolinium contrast, gadolinium contrast medium, gadolinium contrast media",
     "gadobutrol = gadavist = gadovist, gadoterate = dotarem = gadoteric acid = clariscan, "
     "gadoteridol = prohance, gadobenate = multihance, gadoxetate = eovist = primovist, "
     "gadodiamide = omniscan, gadopentetate = magnevist, gadopiclenol = elucirem = vueway, "
     "gadoversetamide = optimark"},
    {"insulins", "A10A", "insulin",
     "glargine = lantus = toujeo = basaglar = abasaglar = semglee = rezvoglar, lispro = "
     "humalog = admelog = lyumjev, aspart = novorapid = novolog = fiasp, detemir = levemir, "
     "degludec = tresiba, glulisine = apidra, isophane = nph = insulatard, humulin = novolin = "
     "actrapid = insuman = huminsulin = afrezza"},
    {"heparins", "B01AB",
     "heparin, low molecular weight heparin, lmwh, unfractionated heparin, ufh",
     "enoxaparin = clexane = lovenox = inhixa, dalteparin = fragmin, tinzaparin = innohep, "
     "nadroparin = fraxiparin = fraxodi, certoparin = mono embolex, bemiparin = hibor = zibor, "
     "reviparin = clivarin, parnaparin = fluxum, liquemin = calciparin = hep lock"},
    {"local anaesthetics of the amide type", "N01BB", "local anesthetic, amide local anesthetic",
     "lidocaine = lignocaine = xylocaine = lidoderm = versatis, bupivacaine = marcaine = "
     "sensorcaine = exparel = carbostesin, levobupivacaine = chirocaine, ropivacaine = naropin, "
     "mepivacaine = carbocaine = polocaine = scandicaine = scandonest, prilocaine = citanest, "
     "articaine = septocaine = septanest = ultracain = ubistesin, etidocaine = duranest, "
     "dibucaine = cinchocaine = nupercaine"},
    {"local anaesthetics of the ester type", "N01BA", "local anesthetic, ester local anesthetic",
     "procaine = novocaine, chloroprocaine = nesacaine, tetracaine = amethocaine = pontocaine = "
     "ametop, benzocaine = anbesol = orajel = hurricaine, proxymetacaine = proparacaine = "
     "alcaine"},
});

/// Substances of no group above that have several names.
inline constexpr std::string_view kSynonyms =
    "paracetamol = acetaminophen = apap = tylenol = panadol = calpol = ofirmev = perfalgan = "
    "doliprane = efferalgan = dafalgan = tachipirina = gelocatil = ben u ron = tempra = "
    "feverall = парацетамол, trimethoprim = tmp = proloprim = primsol, clavulanate = "
    "clavulanic acid = clavulanate potassium, epinephrine = adrenaline = epipen = auvi q = "
    "jext = emerade, norepinephrine = noradrenaline = levophed, salbutamol = albuterol = "
    "ventolin = proventil = proair = sultanol, furosemide = frusemide = lasix, rifampicin = "
    "rifampin = rifadin = rimactane, glibenclamide = glyburide = diabeta = daonil, "
    "phenobarbital = phenobarbitone = luminal, ciclosporin = cyclosporine = neoral = "
    "sandimmune, metronidazole = flagyl = metrogel, vancomycin = vancocin = firvanq, "
    "tazobactam = tazo, aztreonam = azactam = cayston, clindamycin = dalacin = cleocin, "
    "nitrofurantoin = macrobid = macrodantin = furadantin, warfarin = coumadin = jantoven = "
    "marevan, clopidogrel = plavix, levothyroxine = thyroxine = synthroid = euthyrox = "
    "eltroxin = levoxyl, levetiracetam = keppra, phenytoin = dilantin = epanutin, "
    "carbamazepine = tegretol, lamotrigine = lamictal, valproic acid = valproate = depakote = "
    "depakene = epilim = divalproex, ondansetron = zofran, metoclopramide = reglan = maxolon = "
    "primperan, prochlorperazine = compazine = stemetil, promethazine = phenergan, "
    "diphenhydramine = benadryl, vitamin k = vitamin k1 = phytonadione = phytomenadione = "
    "mephyton = konakion, hydrochlorothiazide = hctz, magnesium hydroxide = milk of magnesia";

/// What is in products that have a name of their own.
struct ProductRow {
  std::string_view called;
  std::string_view contains;
};
inline constexpr auto kProducts = std::to_array<ProductRow>({
    {"augmentin, augmentan, clavulin, clavamox, amoclan, amoclav, amoksiklav, amoxiclav, "
     "amoxi clav, co amoxiclav, coamoxiclav",
     "amoxicillin, clavulanate"},
    {"timentin", "ticarcillin, clavulanate"},
    {"tazocin, tazobac, tazocillin, zosyn, pip tazo, piptaz", "piperacillin, tazobactam"},
    {"unasyn, unacid", "ampicillin, sulbactam"},
    {"co fluampicil, magnapen", "ampicillin, flucloxacillin"},
    {"prevpac", "amoxicillin, clarithromycin, lansoprazole"},
    {"talicia", "amoxicillin, rifabutin, omeprazole"},
    {"zerbaxa", "ceftolozane, tazobactam"},
    {"avycaz, zavicefta", "ceftazidime, avibactam"},
    {"tienam, primaxin", "imipenem, cilastatin"},
    {"recarbrio", "imipenem, cilastatin, relebactam"},
    {"vabomere, vaborem", "meropenem, vaborbactam"},
    {"co trimoxazole, cotrimoxazole, cotrim, bactrim, bactrimel, eusaprim, biseptol, resprim, "
     "septra, septrin, septran, sulfatrim",
     "sulfamethoxazole, trimethoprim"},
    {"pediazole", "erythromycin, sulfafurazole"},
    {"fansidar", "sulfadoxine, pyrimethamine"},
    {"flamazine, flammazine, silvadene, thermazene, ssd, silver sulfadiazine", "sulfadiazine"},
    {"ciprodex", "ciprofloxacin, dexamethasone"},
    {"pylera", "sumycin, metronidazole, bismuth"},
    {"tobradex", "tobramycin, dexamethasone"},
    {"neosporin, triple antibiotic", "neomycin, polymyxin b, bacitracin"},
    {"maxitrol", "neomycin, polymyxin b, dexamethasone"},
    {"naseptin", "neomycin, chlorhexidine"},
    {"percocet, endocet, roxicet, tylox, nalocet", "oxycodone, paracetamol"},
    {"percodan, endodan", "oxycodone, aspirin"},
    {"targin, targiniq, targinact", "oxycodone, naloxone"},
    {"vicodin, norco, lortab, lorcet, xodol", "hydrocodone, paracetamol"},
    {"vicoprofen", "hydrocodone, ibuprofen"},
    {"tussionex", "hydrocodone, chlorphenamine"},
    {"ultracet, tramacet, zaldiar, ixprim", "tramadol, paracetamol"},
    {"seglentis", "tramadol, celecoxib"},
    {"co codamol, cocodamol, solpadol, kapake, zapain, tylex, panadeine", "codeine, paracetamol"},
    {"co dydramol, paramol, remedeine", "dihydrocodeine, paracetamol"},
    {"co proxamol, darvocet", "propoxyphene, paracetamol"},
    {"tylenol no 2, tylenol no 3, tylenol no 4, tylenol with codeine", "codeine, paracetamol"},
    {"nurofen plus", "codeine, ibuprofen"},
    {"robitussin ac, cheratussin ac", "codeine, guaifenesin"},
    {"suboxone, zubsolv", "buprenorphine, naloxone"},
    {"excedrin", "paracetamol, aspirin, caffeine"},
    {"anadin extra, thomapyrin", "paracetamol, aspirin, caffeine"},
    {"nyquil", "paracetamol, dextromethorphan, doxylamine"},
    {"dayquil", "paracetamol, dextromethorphan, phenylephrine"},
    {"fioricet", "paracetamol, butalbital, caffeine"},
    {"fiorinal", "aspirin, butalbital, caffeine"},
    {"aggrenox, asasantin", "aspirin, dipyridamole"},
    {"yosprala", "aspirin, omeprazole"},
    {"alka seltzer", "aspirin"},
    {"vimovo", "naproxen, esomeprazole"},
    {"treximet", "naproxen, sumatriptan"},
    {"arthrotec", "diclofenac, misoprostol"},
    {"duexis", "ibuprofen, famotidine"},
    {"nuromol", "ibuprofen, paracetamol"},
    {"consensi", "celecoxib, amlodipine"},
    {"vytorin, inegy", "simvastatin, ezetimibe"},
    {"atozet, liptruzet", "atorvastatin, ezetimibe"},
    {"roszet", "rosuvastatin, ezetimibe"},
    {"caduet", "atorvastatin, amlodipine"},
    {"zestoretic, prinzide", "lisinopril, hydrochlorothiazide"},
    {"vaseretic, innozide", "enalapril, hydrochlorothiazide"},
    {"capozide", "captopril, hydrochlorothiazide"},
    {"accuretic", "quinapril, hydrochlorothiazide"},
    {"uniretic", "moexipril, hydrochlorothiazide"},
    {"lotrel", "benazepril, amlodipine"},
    {"tarka", "trandolapril, verapamil"},
    {"prestalia, coveram, viacoram", "perindopril, amlodipine"},
    {"librax", "chlordiazepoxide, clidinium"},
    {"soliqua, suliqua", "glargine, lixisenatide"},
    {"xultophy", "degludec, liraglutide"},
    {"novomix", "aspart"},
    {"ryzodeg", "degludec, aspart"},
    {"povidone iodine, betadine, pvp iodine", "iodine"},
    {"emla, oraqix", "lidocaine, prilocaine"},
});

}  // namespace wardbook::allergies
