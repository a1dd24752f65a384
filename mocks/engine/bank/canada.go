package bank

// newCanada and newQuebec are one country in two languages. Every name is fictional;
// no institution number begins with 9, and the transits below 00100 belong to nobody, and no social insurance
// number begins with 8.
func newCanada() *locale {
	l := canadian()
	l.language = "en"
	l.banks = []Institution{
		{"ca_northern_lantern", "Northern Lantern Bank", "CA", Codes{Bank: "991"}}, {"ca_tamarack_trust", "Tamarack Trust", "CA", Codes{Bank: "992"}}, {"ca_otter_bay", "Otter Bay Credit Union", "CA", Codes{Bank: "993"}},
	}
	l.people = names{
		first: []string{"Avery", "Noah", "Priya", "Owen", "Mei-Ling", "Hannah", "Liam", "Amara", "Ethan", "Sofia", "Declan", "Zoe"},
		last:  []string{"Lindqvist", "Chartrand", "Ramanathan", "MacAskill", "Fong", "Okafor", "Petersen", "Whitlock", "Singh-Gill", "Fraser", "Doucette", "Kowalchuk"},
	}
	l.pools = map[string][]string{
		"employers":       {"Maplefern Systems Inc", "Granite Loon Logistics Ltd", "Harbour Line Foods", "Blue Heron Dental Group", "Prairie Kestrel Energy Services", "Cedar Hollow School Board", "Lakehead Timberworks Co", "Snowbird Analytics Inc"},
		"landlords":       {"Birchgate Property Mgmt", "Elm and Sparrow Rentals"},
		"power":           {"Riverbend Hydro"},
		"water":           {"Clearbrook Water Utility"},
		"gas":             {"Kettle Valley Gas Co"},
		"building":        {"Town of Larchmont Property Tax"},
		"mobile":          {"Loonwave Mobile"},
		"internet":        {"Fernfibre Internet"},
		"insurance":       {"Wolverton Mutual Insurance", "Sablefish Life"},
		"health plan":     {"Sablefish Life"},
		"groceries":       {"Copperleaf Grocer", "Juniper Street Market", "Big Moose Foods", "Corner Larder", "Fundy Fish and Produce", "Sunnybrae Bakery", "Night Owl Convenience"},
		"restaurants":     {"Copper Kettle Cafe", "The Rusty Paddle", "Golden Tiffin House", "Pho Lotus Lane", "Maple Griddle Diner", "Slice Depot Pizza"},
		"transport":       {"Metroline Transit Reload", "Bridgeway Toll", "ParkRight Lot 14", "Hopalong Rides"},
		"fuel":            {"Red Canoe Gas Bar", "Highway 9 Fuel Stop"},
		"pharmacy":        {"Willowbark Pharmacy", "Main Street Apothecary 118", "Heron Eye Clinic", "Stillwater Physio"},
		"online":          {"Lantern Books Online", "Parcelgoose", "Tinker and Bolt Electronics", "Frostberry Home"},
		"clothing":        {"Thistle and Wool", "Paddlewear Outfitters"},
		"streaming":       {"Streamia", "Tunecrate"},
		"cloud":           {"Nimbuslocker Cloud"},
		"gym":             {"Ironloon Fitness"},
		"lender":          {"QuickBridge Lending", "Cashbeaver Payday", "Tamarack Auto Finance"},
		"gambling":        {"Northstar Lottery Play", "Lucky Trillium Casino"},
		"suppliers":       {"Tallgrass Packaging Ltd", "Ironwood Fasteners", "Kelp Bay Seafoods", "Wheatline Milling Co", "Fogbank Cold Storage", "Pinecrest Janitorial"},
		"clients":         {"Gull Rock Hotels Inc", "Meadowlark Catering", "Stonebridge Events", "Harvest Moon Stores Ltd"},
		"foreign":         {"Northlake Design LLC", "Alder Bay Trading Co"},
		"acquirers":       {"Loonpay Merchant Deposit", "Paddlepoint Settlement"},
		"tax":             {"Business Tax Instalment"},
		"maintenance":     {"Monthly Account"},
		"credit line":     {"Line of Credit"},
		"cities":          {"Toronto", "Halifax", "Winnipeg", "Calgary", "Vancouver", "Moncton", "Kingston"},
		"abroad":          {"Pixelgrove Software", "Cloudharbor Hosting", "Papertrail Books"},
		"headquarters":    {"Snowfield Holdings Inc"},
		"pension funds":   {"Canada Pension", "Kestrel Pension Trust"},
		"family office":   {"Canada CCB"},
		"labour office":   {"Canada EI"},
		"student aid":     {"Student Aid Larchmont"},
		"small employers": {"Sunnybrae Bakery", "Copper Kettle Cafe", "Corner Larder"},
	}
	l.wording = map[Kind]wording{
		KindSalary:      {credit: []string{"PAYROLL DEPOSIT {party}", "DIR DEP {party}"}},
		KindTransferIn:  {credit: []string{"INTERAC E-TRANSFER FROM {party}", "E-TRANSFER {ref} {party}"}, debit: []string{"E-TRANSFER SENT {party}", "INTERAC E-TFR TO {party}"}},
		KindTransferOut: {credit: []string{"INTERAC E-TRANSFER FROM {party}", "E-TRANSFER {ref} {party}"}, debit: []string{"E-TRANSFER SENT {party}", "INTERAC E-TFR TO {party}"}},
		KindOwnTransfer: {credit: []string{"TFR-FR {party}"}, debit: []string{"TFR-TO {party}"}},
		KindCard:        {debit: []string{"POS PURCHASE {party}", "IDP PURCHASE {ref} {party}", "CONTACTLESS INTERAC {party}"}},
		KindATM:         {debit: []string{"ATM WITHDRAWAL {ref} {party}", "ABM WD {party}"}, credit: []string{"ATM DEPOSIT {party}"}},
		KindDirectDebit: {debit: []string{"PREAUTHORIZED DEBIT {party}", "MISC PAYMENT {party}"}},
		KindBill:        {debit: []string{"ONLINE BILL PAYMENT {party}", "BILL PMT {party}"}},
		KindCardPayment: {debit: []string{"CREDIT CARD PAYMENT"}, credit: []string{"PAYMENT - THANK YOU"}},
		KindFee:         {debit: []string{"{party} FEE"}},
		KindInterest:    {debit: []string{"INTEREST {party}"}, credit: []string{"INTEREST EARNED"}},
		KindCheck:       {debit: []string{"CHEQUE {ref}"}, credit: []string{"CHEQUE DEPOSIT"}},
		KindRefund:      {credit: []string{"POS REFUND {party}", "RETURN {party}"}},
		KindSettlement:  {credit: []string{"{party}", "DEP {party}"}},
		KindPension:     {credit: []string{"PENSION {party}", "DIR DEP {party}"}},
		KindBenefit:     {credit: []string{"{party}"}},
		KindReturned:    {credit: []string{"RETURNED ITEM NSF"}},
		KindLoan:        {credit: []string{"LOAN ADVANCE {party}", "LOAN PROCEEDS {party}"}},
	}
	l.texts = map[string][]string{
		"on card": {"{party} {city}", "{party}"}, "online": {"{party} {ref}", "WEB {party}"},
		"supplier": {"EFT DEBIT {party}", "BUS PMT {party}"}, "client": {"EFT CREDIT {party}", "BUS DEP {party}"}, "invoice": {"EFT CREDIT {party}", "DIR DEP {party}"},
		"foreign supplier": {"WIRE PAYMENT {party}"}, "foreign client": {"INCOMING WIRE {party}"}, "winnings": {"DIR DEP {party}"},
		"rent": {"RENT {party}", "PREAUTH PMT {party}"}, "room": {"RENT {party}"}, "premises": {"COMMERCIAL RENT {party}"}, "dividend": {"EFT DEBIT {party}"},
		"abroad":   {"FOREIGN PURCHASE {party}", "INTL PURCHASE {party}"},
		"returned": {"RETURNED ITEM NSF", "REVERSAL PREAUTH DEBIT NSF"}, "return fee": {"NSF FEE"}, "overdraft fee": {"OD PROTECTION FEE"},
		"foreign fee": {"FOREIGN TXN FEE"}, "interest": {"OVERDRAFT INTEREST"}, "card interest": {"INTEREST CHARGES"},
		"savings interest": {"INTEREST PAID", "DEPOSIT INTEREST"}, "closing": {"TFR ACCOUNT CLOSURE"},
	}
	l.products = map[AccountType]map[string]product{
		Checking:   {"": {"Chequing Account", "Everyday Chequing Account", "CHEQUING"}, "USD": {"US Dollar Account", "US Dollar Chequing Account", "USD ACCOUNT"}, "EUR": {"Euro Account", "Euro Chequing Account", "EUR ACCOUNT"}},
		Sight:      {"": {"Daily Account", "Daily Banking Account", "DAILY"}},
		Savings:    {"": {"Savings Account", "High Interest Savings Account", "SAVINGS"}},
		CreditLine: {"": {"Line of Credit", "Personal Line of Credit", "LINE OF CREDIT"}},
		CreditCard: {"": {"Credit Card", "Cash Back Credit Card", "CREDIT CARD"}},
		Loan:       {"": {"Loan", "Personal Loan", "LOAN"}},
	}
	l.comments = []string{"", "", "", "", "Dinner", "Rent share", "Thanks!", "Hockey tickets", "Groceries", "Gift"}
	l.address = address{
		streets: []string{"12 Kestrel Lane", "408 Juniper Street", "77 Old Mill Road", "1500 Lakehead Drive"},
		cities:  []string{"Larchmont", "Otter Bay", "Riverbend"}, codes: []string{"H0H 0H0"}, phone: "+1 416 555 01##",
	}
	return l
}

func newQuebec() *locale {
	l := canadian()
	l.language = "fr"
	l.banks = []Institution{{"ca_riviere_aux_pins", "Caisse Rivière-aux-Pins", "CA", Codes{Bank: "995"}}, {"ca_lac_ambre", "Banque du Lac Ambré", "CA", Codes{Bank: "994"}}}
	l.people = names{
		first: []string{"Océane", "Félix", "Maude", "Étienne", "Aïcha", "Jean-Sébastien", "Noémie", "Xavier", "Camille", "Raphaël", "Solène", "Mathis"},
		last:  []string{"Gagnon-Leduc", "Thibodeau", "Archambault", "Robitaille", "Benmoussa", "Cloutier", "Desrosiers", "Lachance", "Quirion", "Vaillancourt", "Bélisle", "Fréchette"},
	}
	l.pools = map[string][]string{
		"employers":       {"Les Systèmes Fougère inc", "Transport Carcajou ltée", "Boulangerie industrielle Mirabelle", "Clinique dentaire du Ruisseau", "Coopérative forestière Épinette Noire", "Centre scolaire des Trois-Buttes", "Logiciels Harfang inc"},
		"landlords":       {"Gestion immobilière Saule Blanc", "Logements Beauséjour Nord"},
		"power":           {"Électricité Rapide-Blanc"},
		"water":           {"Aqueduc municipal Val-Tilleul"},
		"gas":             {"Gaz Boréalis"},
		"building":        {"Taxes municipales Val-Tilleul"},
		"mobile":          {"Mobile Geai Bleu"},
		"internet":        {"Internet Fibre Huard"},
		"insurance":       {"Assurances La Tourelle", "Mutuelle du Vieux-Quai"},
		"health plan":     {"Mutuelle du Vieux-Quai"},
		"groceries":       {"Épicerie du Vieux Moulin", "Marché Chez Ginette", "Dépanneur du Coin 24", "Fruiterie Quatre-Vents", "Boucherie Chez Normand", "Boulangerie Levain Doré"},
		"restaurants":     {"Casse-croûte Chez Ti-Guy", "Bistro La Marmite", "Café du Quai", "Rôtisserie Coq Flambé", "Crêperie Bretonne du Parc"},
		"transport":       {"Titre Transport Métropole", "Stationnement Place du Marché", "Taxi Coop Harfang"},
		"fuel":            {"Station Service Petit Train", "Essence Rang Quatre"},
		"pharmacy":        {"Pharmacie Gariépy et Filles", "Pharmacie du Faubourg", "Clinique Visuelle du Cap", "Physio Sentier"},
		"online":          {"Librairie Plume et Encre", "Colis Express Boréal", "Boutique Flocon"},
		"clothing":        {"Mode Tricot Laurentien", "Chaussures Pas à Pas"},
		"streaming":       {"Streamia", "Musithèque"},
		"cloud":           {"Nimbuslocker Cloud"},
		"gym":             {"Gym Orignal"},
		"lender":          {"Prêts Minute Boréal", "Crédit Auto Harfang"},
		"gambling":        {"Loterie du Castor Jeu", "Casino Étoile du Nord"},
		"suppliers":       {"Emballages Riopel ltée", "Quincaillerie Trois-Épis", "Pêcheries Anse-au-Sel", "Meunerie du Rang", "Entretien Clairvaux"},
		"clients":         {"Hôtels du Rocher Gris", "Traiteur Alouette", "Événements Pont-Neuf", "Magasins Pleine Lune ltée"},
		"foreign":         {"Northlake Design LLC", "Alder Bay Trading Co"},
		"acquirers":       {"Dépôt marchand Huardpaie", "Règlement Pagaie"},
		"tax":             {"Acompte provisionnel"},
		"maintenance":     {"mensuels"},
		"credit line":     {"marge de crédit"},
		"cities":          {"Montréal", "Québec", "Gatineau", "Sherbrooke", "Trois-Rivières", "Rimouski"},
		"abroad":          {"Pixelgrove Software", "Cloudharbor Hosting", "Papertrail Books"},
		"headquarters":    {"Gestion Champ-de-Neige inc"},
		"pension funds":   {"Rentes Québec", "Régime de retraite Harfang"},
		"family office":   {"Allocation famille Québec"},
		"labour office":   {"Assurance-emploi Canada"},
		"student aid":     {"Aide aux études Val-Tilleul"},
		"small employers": {"Boulangerie Levain Doré", "Café du Quai", "Dépanneur du Coin 24"},
	}
	l.wording = map[Kind]wording{
		KindSalary:      {credit: []string{"DEPOT DIRECT {party} PAIE", "PAIE {party}"}},
		KindTransferIn:  {credit: []string{"VIREMENT INTERAC DE {party}", "VIR INTERAC RECU {party}"}, debit: []string{"VIREMENT INTERAC A {party}", "VIR INTERAC ENVOYE {party}"}},
		KindTransferOut: {credit: []string{"VIREMENT INTERAC DE {party}", "VIR INTERAC RECU {party}"}, debit: []string{"VIREMENT INTERAC A {party}", "VIR INTERAC ENVOYE {party}"}},
		KindOwnTransfer: {credit: []string{"VIR DE {party}"}, debit: []string{"VIR A {party}"}},
		KindCard:        {debit: []string{"ACHAT PDV {party}", "ACHAT INTERAC {ref} {party}", "ACHAT SANS CONTACT {party}"}},
		KindATM:         {debit: []string{"RETRAIT GAB {party}", "RETRAIT GUICHET {ref}"}, credit: []string{"DEPOT GAB {party}"}},
		KindDirectDebit: {debit: []string{"PREL PREAUTORISE {party}", "PAIEMENT DIVERS {party}"}},
		KindBill:        {debit: []string{"PAIEMENT FACTURE {party}", "PMT FACT INTERNET {party}"}},
		KindCardPayment: {debit: []string{"PAIEMENT CARTE DE CREDIT"}, credit: []string{"PAIEMENT - MERCI"}},
		KindFee:         {debit: []string{"FRAIS {party}"}},
		KindInterest:    {debit: []string{"INTERETS {party}"}, credit: []string{"INTERETS CREDITEURS"}},
		KindCheck:       {debit: []string{"CHEQUE {ref}"}, credit: []string{"DEPOT DE CHEQUE"}},
		KindRefund:      {credit: []string{"REMBOURSEMENT {party}", "RETOUR MARCHANDISE {party}"}},
		KindSettlement:  {credit: []string{"{party}", "DEP {party}"}},
		KindPension:     {credit: []string{"RENTE {party}", "DEPOT DIRECT {party}"}},
		KindBenefit:     {credit: []string{"{party}"}},
		KindReturned:    {credit: []string{"EFFET RETOURNE SANS PROVISION"}},
		KindLoan:        {credit: []string{"AVANCE PRET {party}", "DEBOURSE PRET {party}"}},
	}
	l.texts = map[string][]string{
		"on card": {"{party} {city}", "{party}"}, "online": {"{party} {ref}", "WEB {party}"},
		"supplier": {"TEF DEBIT {party}", "PMT FOURNISSEUR {party}"}, "client": {"TEF CREDIT {party}", "DEPOT CLIENT {party}"}, "invoice": {"TEF CREDIT {party}", "DEPOT DIRECT {party}"},
		"foreign supplier": {"TELEVIREMENT {party}"}, "foreign client": {"TELEVIREMENT RECU {party}"}, "winnings": {"DEPOT DIRECT {party}"},
		"rent": {"LOYER {party}", "PREL LOYER {party}"}, "room": {"LOYER {party}"}, "premises": {"LOYER COMMERCIAL {party}"}, "dividend": {"TEF DEBIT {party}"},
		"abroad":   {"ACHAT A L'ETRANGER {party}", "ACHAT DEVISE {party}"},
		"returned": {"EFFET RETOURNE SANS PROVISION", "ANNULATION PREL SANS PROVISION"}, "return fee": {"FRAIS EFFET SANS PROVISION"}, "overdraft fee": {"FRAIS DE DECOUVERT"},
		"foreign fee": {"FRAIS OPERATION DEVISE"}, "interest": {"INTERETS DE DECOUVERT"}, "card interest": {"INTERETS DE CREDIT"},
		"savings interest": {"INTERETS CREDITEURS", "INTERETS SUR EPARGNE"}, "closing": {"VIR FERMETURE DE COMPTE"},
	}
	l.products = map[AccountType]map[string]product{
		Checking:   {"": {"Compte chèques", "Compte chèques courant", "COMPTE CHEQUES"}, "USD": {"Compte en dollars US", "Compte chèques en dollars US", "COMPTE USD"}, "EUR": {"Compte en euros", "Compte chèques en euros", "COMPTE EUR"}},
		Sight:      {"": {"Compte quotidien", "Compte d'opérations quotidiennes", "QUOTIDIEN"}},
		Savings:    {"": {"Compte d'épargne", "Compte d'épargne à intérêt élevé", "EPARGNE"}},
		CreditLine: {"": {"Marge de crédit", "Marge de crédit personnelle", "MARGE"}},
		CreditCard: {"": {"Carte de crédit", "Carte de crédit Remises", "CARTE DE CREDIT"}},
		Loan:       {"": {"Prêt", "Prêt personnel", "PRET"}},
	}
	l.comments = []string{"", "", "", "", "Souper", "Part du loyer", "Merci!", "Billets hockey", "Épicerie", "Cadeau"}
	l.address = address{
		streets: []string{"12, rue du Harfang", "408, rang Quatre", "77, chemin du Vieux-Quai", "1500, boulevard Beauséjour"},
		cities:  []string{"Val-Tilleul", "Rivière-aux-Pins", "Trois-Buttes"}, codes: []string{"H0H 0H0"}, phone: "+1 514 555 01##",
	}
	return l
}

// canadian is what both languages share: money, days and numbers.
func canadian() *locale {
	fortnight := Schedule{Weeks: 2, Anchor: Date(2024, 1, 5), Roll: Preceding}
	return &locale{
		country: "CA", currency: "CAD", calendar: canadianBankDays, feasts: canadianFeasts, offset: torontoOffset,
		width: 32, fold: unaccented, festive: 25, sunday: 100,
		paydays: map[string]payday{
			"payday": {fortnight, 461}, "second payday": {Schedule{Day: 15, Second: 31, Roll: Preceding}, 500},
			"weekly":  {Schedule{Weeks: 1, Anchor: Date(2024, 1, 4), Roll: Preceding}, 1000},
			"pension": {Schedule{Day: 27, Roll: Preceding}, 1000}, "second pension": {Schedule{Day: 1, Roll: Following}, 1000},
			"child benefit": {Schedule{Day: 20, Roll: Preceding}, 1000}, "benefit": {fortnight, 461},
		},
		terms: terms{
			overdraftFee: 5_00, returnFee: 45_00, overdraftRate: 2_100, interestMonths: in(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
			lineRate: 1_999, savingsRate: 150, foreignFee: 250, foreignRate: 137 * 10_000,
		},
		markets: map[string]*market{
			"CAD": {income: 3_000_00, step: 1, round: 500, prices: map[string]price{
				"groceries": {48_20, 1, 0, 0}, "bakery": {6_40, 5, 0, 0}, "restaurants": {31_50, 5, 0, 0}, "transport": {12_00, 25, 0, 0},
				"fuel": {66_00, 1, 0, 100_00}, "pharmacy": {24_00, 1, 0, 0}, "online": {44_99, 100, 1, 0}, "clothing": {72_00, 100, 1, 0},
				"gambling": {40_00, 500, 0, 0}, "winnings": {160_00, 500, 0, 0}, "abroad": {32_00, 1, 0, 0}, "refund": {39_99, 100, 1, 0},
				"atm": {80_00, 2000, 0, 0}, "deposit": {120_00, 1000, 0, 0}, "sent": {35_00, 500, 0, 0}, "received": {30_00, 500, 0, 0},
				"invoice": {1_900_00, 1, 0, 0}, "settlement": {60_00, 1, 0, 0}, "supplier": {600_00, 1, 0, 0}, "client": {900_00, 1, 0, 0}, "check out": {800_00, 1, 0, 0},
			}},
			"USD": dollars(), "EUR": euros(),
		},
		season:   [12]int64{90, 92, 98, 98, 100, 102, 104, 102, 100, 100, 106, 128},
		personID: func(u uint64) string { body := "8" + digitsOf(u, 7); return body + string(luhn(body)) },
		companyID: func(u uint64) string { // a business number that begins with zeros is none
			body := "0000" + digitsOf(u, 4)
			return body + string(luhn(body))
		},
		codes:  func(bank key) Codes { return Codes{Bank: "9" + digitsOf(bank.word(0), 2)} },
		branch: func(customer key) string { return "000" + digitsOf(customer.word(3), 2) },
		number: func(k key, _ Codes) accountNumber { return accountNumber{number: "000" + digitsOf(k.word(2), 4)} },
	}
}
